"""The words of the area page and its wall."""

from __future__ import annotations

from typing import Final

AREA_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_area": ("片区", "Area"),
    "area_title": ("片区情况", "The area"),
    "area_lead": (
        "只有数字，没有住户。1 到 4 写作「<5」；合计按看得到的数加。",
        "Numbers only, no home. 1 to 4 are written “<5”; sums are made of what is shown.",
    ),
    "area_until": ("近 7 天、近 30 天：到 {date} 为止", "Last 7 and 30 days: up to {date}"),
    "area_screen": ("大屏", "Wall"),
    "area_facilities": ("场所在场人数", "How full facilities are"),
    "area_none": (
        "您的范围里还没有社区。请系统管理员核对您的范围。",
        "There is no community within your reach. Ask the administrator.",
    ),
    "area_community": ("社区", "Community"),
    "area_together": ("合计", "Together"),
    "area_homes": ("服务户数", "Homes cared for"),
    "area_stations": ("服务站", "Stations"),
    "area_stations_now": ("{n} 个，{staffed} 个当班", "{n}, {staffed} staffed"),
    "area_no_station": ("没有服务站", "No station"),
    "area_hearing": ("听得到警情", "Hears alerts"),
    "area_deaf": ("{n} 个听不到警情", "{n} cannot hear"),
    "area_closed": ("现在不当班", "Closed now"),
    "area_coverage": ("小区覆盖", "Coverage"),
    "area_of": ("{n} / {all}", "{n} of {all}"),
    "area_open": ("未办结警情", "Open alerts"),
    "area_faults": ("设备警情", "Device alerts"),
    "area_alerts": ("近 30 天警情", "Alerts, 30 days"),
    "area_accept_7": ("近 7 天接警", "7 d accepted"),
    "area_accept_30": ("近 30 天接警", "30 d accepted"),
    "area_on_site_30": ("近 30 天到场", "30 d on site"),
    "area_response": ("响应", "Response"),
    "area_targets": (
        "{s} 秒内接警，目标 {accept}%；{m} 分钟内到场，目标 {arrive}%",
        "accepted in {s} s, target {accept}%; on site in {m} min, target {arrive}%",
    ),
    "area_bar": ("{shown}，目标 {percent}%", "{shown}, target {percent}%"),
    "area_few": ("不到 5 条", "fewer than 5"),
    "area_above": ("街道、区的值班台", "Desks of streets and districts"),
    "area_class_life_safety": ("生命安全", "life safety"),
    "area_class_care": ("关怀", "care"),
    "area_class_facility": ("场所", "facility"),
    "area_class_device": ("设备", "device"),
    "area_how": (
        "覆盖：小区里有服务点，或所在社区有服务站。接警、到场只算生命安全警情，还没到时限的不算。",
        "Covered: a point in the neighbourhood or a station in its community. Responses: life safety, once past their time.",
    ),
    "wall_title": ("片区大屏", "The area on a wall"),
    "wall_homes": ("{n} 户", "{n} homes"),
    "wall_turn": ("第 {turn} / {turns} 屏", "Screen {turn} of {turns}"),
    "wall_stations": ("服务站当班 {staffed} / {n}", "Stations staffed {staffed} of {n}"),
    "wall_stale": (
        "连不上系统：以下数字停在 {time}，可能已经变了",
        "Not connected: the numbers are those of {time} and may have changed",
    ),
    "wall_signed_out": ("登录已过期：请在这台电脑上重新登录", "Signed out: sign in again on this computer"),
    "wall_back": ("返回片区", "Back to the area"),
}
