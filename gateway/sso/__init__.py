"""Single sign-on (单点登录) by OpenID Connect: who somebody is says a provider elsewhere, what they may says this hub."""
