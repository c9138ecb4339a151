"""What the figures of an area's report are called; the plan's indicators, and why others cannot be computed here."""

from __future__ import annotations

from typing import Final

from gateway.reports.figures import Spec

COVER: Final = (
    Spec(
        "communities",
        "社区",
        "communities",
        "places",
        "本区域内有登记住户或场所的社区数。",
        "Communities of the area with a home or facility registered.",
    ),
    Spec(
        "communities.stations",
        "有站点的社区",
        "communities with a station",
        "places",
        "值班安排中设有照护值班点的社区数。",
        "Communities in which the duty plan has a desk that cares for people.",
    ),
    Spec(
        "neighbourhoods",
        "小区",
        "neighbourhoods",
        "places",
        "有登记住户或场所的小区数。",
        "Neighbourhoods with a home or facility registered.",
    ),
    Spec(
        "neighbourhoods.covered",
        "有站点覆盖的小区",
        "neighbourhoods covered",
        "places",
        "小区自己有服务点，或所在社区有站点的。",
        "With a point of their own, or whose community has a station.",
    ),
    Spec(
        "staffed_h",
        "站点值守小时",
        "hours staffed",
        "h",
        "各社区站点本期按值班安排有人值守的小时数之和。",
        "Hours in which the communities' stations were staffed by the duty plan, summed.",
    ),
)

COUNTS: Final = (
    Spec(
        "homes",
        "服务住户",
        "homes served",
        "homes",
        "生成报表时登记的住户数；1 至 4 显示为 <5，合计只按显示的数相加。",
        "Homes registered when the report was made; 1 to 4 are shown as <5, sums are of what is shown.",
    ),
    Spec(
        "alerts.life_safety",
        "生命安全警情",
        "life-safety alerts",
        "alerts",
        "本期内发出的生命安全类警情；1 至 4 显示为 <5。",
        "Life-safety alerts raised in the period; 1 to 4 are shown as <5.",
    ),
    Spec(
        "alerts.care",
        "关怀警情",
        "care alerts",
        "alerts",
        "本期内发出的关怀类警情；1 至 4 显示为 <5。",
        "Care alerts raised in the period; 1 to 4 are shown as <5.",
    ),
    Spec(
        "alerts.facility",
        "场所警情",
        "facility alerts",
        "alerts",
        "本期内发出的场所类警情；1 至 4 显示为 <5。",
        "Facility alerts raised in the period; 1 to 4 are shown as <5.",
    ),
    Spec(
        "alerts.device",
        "设备警情",
        "device alerts",
        "alerts",
        "本期内发出的设备类警情；1 至 4 显示为 <5。",
        "Device alerts raised in the period; 1 to 4 are shown as <5.",
    ),
    Spec(
        "visits",
        "探访",
        "visits",
        "times",
        "工作人员勾选记录的探访；1 至 4 显示为 <5。",
        "Visits that a person has ticked; 1 to 4 are shown as <5.",
    ),
)

INDICATORS: Final = (
    Spec(
        "plan.street_centres",
        "街道中心覆盖率",
        "streets with a centre",
        "%",
        "值班安排中设有街道长者服务中心的街道数 ÷ 街道总数（人工填写）。",
        "Streets with a street centre in the duty plan, of all streets (typed).",
        1,
    ),
    Spec(
        "plan.community_stations",
        "社区站覆盖率",
        "communities with a station",
        "%",
        "值班安排中设有站点的社区数 ÷ 社区总数（人工填写）。",
        "Communities that have a station in the duty plan, of all communities (typed).",
        1,
    ),
    Spec(
        "plan.ageing_stations",
        "老龄化社区站覆盖率",
        "ageing communities with a station",
        "%",
        "被标明为老龄化社区、且值班安排中设有站点的社区数 ÷ 老龄化社区总数（人工填写）。",
        "Communities marked as ageing that have a station in the duty plan, of all ageing communities (typed).",
        1,
    ),
    Spec(
        "plan.platform_use",
        "平台使用占比",
        "elders on the platform",
        "%",
        "登记住户数（每户按一位长者计）÷ 60 岁及以上长者数（人工填写）。",
        "Homes registered (one elder counted for each), of the elders of 60 and over (typed).",
        1,
    ),
)

DENOMINATORS: Final = {
    "plan.street_centres": "streets",
    "plan.community_stations": "communities",
    "plan.ageing_stations": "ageing_communities",
    "plan.platform_use": "elders_60",
}
DENOMINATOR_WORDS: Final = {
    "streets": ("街道总数", "the number of streets"),
    "communities": ("社区总数", "the number of communities"),
    "ageing_communities": ("老龄化社区总数", "the number of ageing communities"),
    "elders_60": ("60 岁及以上长者数", "the number of elders of 60 and over"),
}

# The plan's other indicators: name, why this system cannot compute them.
NOT_KNOWN: Final = (
    (
        "物业服务＋养老服务覆盖率",
        "property services with elder care",
        "本系统不掌握哪些物业企业开展了养老服务、服务了哪些小区。",
        "Which property companies offer elder care, and where, is not recorded here.",
    ),
    (
        "家政服务＋养老服务覆盖率",
        "domestic services with elder care",
        "家政机构和服务订单不在本系统中。",
        "Domestic service companies and their orders are not in this system.",
    ),
    (
        "家庭适老化改造完成率",
        "homes fitted for age, of those wanted",
        "台账只记经本系统登记的改造；应改造户的名单由民政掌握。",
        "The ledger holds what was entered here; the list of homes to be fitted is kept by civil affairs.",
    ),
    (
        "党群服务中心办公面积占比",
        "office space of service centres",
        "各场所的用途和面积见场所使用月报；没有登记的用房不在本系统中，全区域的占比无法得知。",
        "The facility's report has the rooms that were entered, by purpose; of the others nothing is known.",
    ),
    (
        "闲置用房盘活率",
        "idle premises put to use",
        "未装计数器的闲置用房不在本系统中；已装的见场所使用月报。",
        "Idle premises without a counter are not in this system; those with one are in the facility's report.",
    ),
    (
        "每千人托位数",
        "childcare places per thousand",
        "托育机构和托位不在本系统中。",
        "Childcare and its places are not in this system.",
    ),
    (
        "政务系统数据互通率",
        "systems that exchange data",
        "其他政务系统的对接情况不在本系统中。",
        "What other systems exchange is not known to this one.",
    ),
)
