"""The words of the heat map, and of what people bring for it."""

from __future__ import annotations

from typing import Final

HEAT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_heat": ("供需", "Demand"),
    "heat_title": ("供需热力图", "Demand and supply"),
    "heat_lead": (
        "哪个社区长者多、警情多，而服务站、人手、座位少？颜色越重，数越大。只有数字，没有住户。",
        (
            "Where are many elders and alerts, and few stations, hours and seats? The stronger the colour, the more. "
            "Numbers only, no home."
        ),
    ),
    "heat_show": ("看什么", "Show"),
    "heat_show_ratio": ("供需比（需求 ÷ 供给）", "Demand per supply"),
    "heat_show_demand": ("需求", "Demand"),
    "heat_show_supply": ("供给", "Supply"),
    "heat_demand": ("需求", "Demand"),
    "heat_supply": ("供给", "Supply"),
    "heat_elders": ("服务户数", "Homes cared for"),
    "heat_alerts": ("近 30 天警情", "Alerts, 30 days"),
    "heat_visits": ("近 30 天探访", "Visits, 30 days"),
    "heat_stations": ("服务站", "Stations"),
    "heat_hours": ("本周在岗小时", "Staffed hours this week"),
    "heat_seats": ("座位", "Seats"),
    "heat_per_elders": ("服务户数", "homes"),
    "heat_per_alerts": ("警情", "alerts"),
    "heat_per_visits": ("探访", "visits"),
    "heat_per_stations": ("每个服务站的{what}", "{what} per station"),
    "heat_per_hours": ("每个在岗小时的{what}", "{what} per staffed hour"),
    "heat_per_seats": ("每个座位的{what}", "{what} per seat"),
    "heat_go": ("显示", "Show"),
    "heat_no_service": ("无服务", "No service"),
    "heat_nothing": ("无需求", "No demand"),
    "heat_missing": ("无数据", "No data"),
    "heat_few": ("不到 5，只写「<5」", "Fewer than 5, told as “<5”"),
    "heat_range": ("范围（含「<5」的数）", "A range (it holds a “<5”)"),
    "heat_no_service_said": ("有需求，供给是 0", "Demand, and no supply at all"),
    "heat_map": ("{n} 个社区的地图：{what}", "Map of {n} communities: {what}"),
    "heat_legend": ("颜色", "Colours"),
    "heat_number": ("图号", "No."),
    "heat_no_outline": ("还没有边界的社区", "Communities without an outline yet"),
    "heat_table": ("同样的数字", "The same numbers"),
    "heat_together": ("合计", "Together"),
    "heat_of_days": ("警情、探访：{from_day} 到 {to_day}", "Alerts and visits: {from_day} to {to_day}"),
    "heat_as_of": ("截至 {time}", "As of {time}"),
    "heat_means": ("数字的意思", "What the numbers mean"),
    "heat_means_demand": (
        (
            "服务户数：登记在册的长者家。警情：生命安全和关怀两类，到昨天为止的 30 天；"
            "探访：同样 30 天里的探访记录。1 到 4 写作「<5」。"
        ),
        (
            "Homes: registered and cared for. Alerts: life safety and care, 30 days up to the end of yesterday; visits: visit "
            "records of the same days. 1 to 4 are told as “<5”."
        ),
    ),
    "heat_means_supply": (
        (
            "服务站：值班安排里设在这个社区的照护值班台。小时：本周一到周日，各台按安排有人的小时相加。"
            "座位：社区里场所的核定容量，加上手工填写的。"
        ),
        (
            "Stations: desks of the duty plan that care for people in the community. Hours: Monday to Sunday of this week, "
            "desk by desk. Seats: rated capacity of the facilities there, and what was typed."
        ),
    ),
    "heat_means_ratio": (
        (
            "供需比只用看得到的数去除，所以有时是范围。有需求而供给是 0，写「无服务」。"
            "没有登记的写「无数据」，不当作 0。"
        ),
        (
            "Ratios are worked out from what is shown, so some are ranges. Demand and no supply is “No service”. What nobody "
            "has entered is “No data”, never 0."
        ),
    ),
    "heat_download": ("下载 GeoJSON", "Download GeoJSON"),
    "heat_none": (
        "您的范围里还没有社区。请系统管理员核对您的范围。",
        "There is no community within your reach. Ask the administrator.",
    ),
    "heat_type": ("填写座位和位置", "Type seats and places"),
    "heat_type_said": (
        "座位：登记表里没有的场所的座位数，留空是无数据。位置要 WGS-84；高德、腾讯地图上抄的坐标会偏几百米。",
        (
            "Seats: of places that are not in the registry; empty is no data. WGS-84; coordinates of Amap or Tencent maps are "
            "off by some hundred metres."
        ),
    ),
    "heat_community": ("社区", "Community"),
    "heat_seats_typed": ("另有座位", "Other seats"),
    "heat_longitude": ("经度", "Longitude"),
    "heat_latitude": ("纬度", "Latitude"),
    "heat_has_outline": ("边界来自文件", "Its outline came from a file"),
    "heat_save": ("保存", "Save"),
    "heat_bad_number": ("请填数字", "Write a number"),
    "heat_upload": ("导入社区边界", "Bring the outlines of communities"),
    "heat_upload_said": (
        "GeoJSON 文件，WGS-84 坐标；每个要素的属性 path 写 区/街道/社区。文件里没有的社区不变。",
        "A GeoJSON file in WGS-84; each feature has the property path: district/street/community. What it does not name stays.",
    ),
    "heat_file": ("文件", "File"),
    "heat_bring": ("导入", "Bring in"),
    "heat_unknown": (
        "已导入。登记表里没有这些社区，请核对写法：{paths}",
        "Brought in. The registry does not know these; check how they are written: {paths}",
    ),
    "problem.unknown_community": (
        "您的范围里没有这个社区",
        "There is no such community within your reach",
    ),
    "problem.has_outline": (
        "这个社区的边界来自文件，位置不用填",
        "A file has brought this community's outline; its place need not be typed",
    ),
    "did_set_shapes": ("导入社区边界", "brought outlines of communities"),
    "did_set_community": ("填写社区座位或位置", "typed seats or place of a community"),
}
