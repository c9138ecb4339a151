"""The words of signing in by password, of accounts, sessions and the audit."""

from __future__ import annotations

from typing import Final

ACCOUNT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "room_accounts": ("账号", "Accounts"),
    "room_audit": ("查阅记录", "Audit"),
    "account": ("我的账号", "My account"),
    # coming in
    "by_password": ("用密码登录", "Sign in by password"),
    "name": ("姓名", "Name"),
    "password": ("密码", "Password"),
    "by_sso": ("单点登录：{name}", "Single sign-on: {name}"),
    "shared_device": ("这是值班点的共用设备", "This is a shared device at a desk"),
    "shared_device_hint": (
        "输入一次访问口令，之后点名字、输 PIN 就能登录。",
        "Enter the access token once; after that a name and a PIN are enough.",
    ),
    "sso_not": ("没有登录成功", "Not signed in"),
    "sso_onward": ("继续", "Go on"),
    "sso_state": ("登录过程中断了，请重新登录", "The sign-on was interrupted: begin again"),
    "sso_denied": ("单点登录没有同意，请重试", "The provider did not sign you on: try again"),
    "sso_failed": (
        "单点登录暂时不可用，请用 PIN 或密码登录，并告诉系统管理员",
        "Single sign-on does not work now: use a PIN or a password, and tell the administrator",
    ),
    "sso_slowly": ("登录太频繁，一分钟后再试", "Too many sign-ons: again in a minute"),
    "sso_unknown": (
        "{name}，您的单点登录账号还没有开通。请把这一行给系统管理员：{subject}",
        "{name}, your sign-on is not known here yet. Give this line to the administrator: {subject}",
    ),
    "sso_name_taken": (
        "这里已有同名账号。请系统管理员把您的单点登录账号填到那个账号上",
        "There is an account of that name: have the administrator enter your subject there",
    ),
    "sso_last_administrator": (
        "您是最后一位系统管理员，单点登录里却没有这个角色。请先设另一位",
        "You are the last administrator, and the provider takes that role away: make another one first",
    ),
    # one's own account
    "my_roles": ("我的角色", "My roles"),
    "no_roles": (
        "还没有角色，看不到任何内容。请联系系统管理员。",
        "No role yet, so there is nothing to see. Ask the administrator.",
    ),
    "everywhere": ("全部", "everywhere"),
    "signed_in_on": ("已登录的设备", "Signed in on"),
    "signed_in_since": ("{time} 登录，到 {until}", "since {time}, until {until}"),
    "this_browser": ("本机", "this one"),
    "sign_out_there": ("退出", "Sign out"),
    "how_pin": ("PIN", "PIN"),
    "how_password": ("密码", "password"),
    "how_sso": ("单点登录", "single sign-on"),
    "change_secret": ("修改 PIN 或密码", "Change PIN or password"),
    "secret_now": ("现在的 PIN 或密码", "PIN or password until now"),
    "new_pin": ("新 PIN（4 到 8 位数字）", "New PIN (4 to 8 digits)"),
    "new_password": ("新密码（10 个字以上）", "New password (10 characters or more)"),
    "leave_empty": ("不改的留空", "Leave empty what stays"),
    "save": ("保存", "Save"),
    "all_signed_out": ("保存后所有设备都要重新登录。", "Every device is signed out after that."),
    # accounts
    "make_account": ("新建账号", "New account"),
    "accounts_hint": (
        "角色决定能看什么、能做什么，只在所选的地方有效。改动立即生效。",
        "A role says what somebody sees and does, at the chosen place only. Changes hold at once.",
    ),
    "role": ("角色", "Role"),
    "at": ("地方", "Place"),
    "roles_of": ("{name} 的角色", "Roles of {name}"),
    "add_role": ("加一个角色", "Add a role"),
    "take_role": ("去掉", "Take away"),
    "comes_in_by": ("登录方式", "Comes in by"),
    "comes_in_by_nothing": ("还不能登录", "cannot come in yet"),
    "subject": ("单点登录账号", "Single sign-on subject"),
    "ended": ("已停用 {time}", "ended {time}"),
    "end_account": ("停用账号", "End the account"),
    "end_account_sure": ("停用 {name}？会立即退出所有设备。", "End {name}? Signed out everywhere at once."),
    "begin_again": ("恢复账号", "Let in again"),
    "locked_now": ("输错太多，已锁到 {time}", "locked until {time}"),
    "n_signed_in": ("已登录 {n} 台", "signed in on {n}"),
    "reset_secret": ("重设 PIN 或密码", "New PIN or password"),
    # the audit
    "audit_hint": (
        "谁在什么时候查看了哪位长者的资料、做了什么。不能修改。",
        "Who has looked at which resident's record, when, and what was done. It cannot be altered.",
    ),
    "audit_whole": ("记录完整，到第 {n} 条", "The record is whole, up to entry {n}"),
    "audit_broken": (
        "第 {n} 条起被改动或缺失，请保留现场并联系系统管理员",
        "Altered or missing from entry {n} on: keep everything as it is and tell the administrator",
    ),
    "audit_when": ("时间", "When"),
    "audit_who": ("谁", "Who"),
    "audit_what": ("做了什么", "What"),
    "audit_about": ("关于", "About"),
    "audit_reason": ("理由", "Reason"),
    "audit_result": ("结果", "Result"),
    "audit_search": ("查找姓名、编号、理由", "Search names, ids, reasons"),
    "audit_none": ("没有找到记录", "Nothing found"),
    "audit_older": ("更早的", "Older"),
    "audit_program": ("程序（访问口令）", "a program (token)"),
    "audit_device": ("值班点设备", "a device at a desk"),
    "audit_nobody": ("未登录", "nobody signed in"),
    "audit_done": ("已完成", "done"),
    "audit_refused": ("被拒绝", "refused"),
    "audit_failed": ("没有成功", "not done"),
    # refusals
    "problem.too_many_tries": ("尝试太多，一分钟后再试", "Too many tries: again in a minute"),
    "problem.unknown_account": ("没有这个账号", "There is no such account"),
    "problem.unknown_session": ("没有这次登录", "There is no such session"),
    "problem.last_administrator": (
        "至少要留一位系统管理员，请先设另一位",
        "Somebody must remain who can give roles: make another administrator first",
    ),
    "problem.subject_taken": ("另一个账号已用这个单点登录账号", "Another account has that subject"),
    "problem.name_taken": ("已有同名账号，请换一个名字", "That name exists already: choose another"),
    "problem.bad_name": ("姓名要 1 到 32 个字", "A name has 1 to 32 characters"),
    "problem.weak_pin": (
        "PIN 要 4 到 8 位数字，不能是 1234、8888 这样的",
        "A PIN has 4 to 8 digits and is not one like 1234 or 8888",
    ),
    "problem.weak_password": (
        "密码要 10 个字以上，不能只重复几个字，也不能就是姓名",
        "A password has 10 characters or more, not a few repeated, and is not the name",
    ),
    "problem.unknown_part": ("没有这个角色或地方", "There is no such role or place"),
}
