// A real OpenID provider for the tests: node provider.mjs PORT CLIENT_SECRET REDIRECT_URI. Whoever signs in there as NAME is
// "sub-NAME", called NAME, of the groups that stand behind the name: "周敏+duty+admin" is of duty and admin.

import { createRequire } from "node:module";

const { Provider } = await import(createRequire(import.meta.url).resolve("oidc-provider"));
const [port, secret, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "carehub", client_secret: secret, redirect_uris: [redirect], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
  conformIdTokenClaims: false,
  scopes: ["openid", "profile", "groups"],
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: ["tests only"] },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => {
      const [name, ...groups] = id.split("+");
      return { sub: id, name, groups };
    },
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log(`listening ${issuer}`));
