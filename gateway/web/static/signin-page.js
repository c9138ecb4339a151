import { element, post, t } from "./page.js";
import { pad } from "./signin.js";

const { accept, what } = element("signin").dataset;
const home = () => location.assign(accept ? `/#a-${accept}` : "/");

const begin = pad(element("signin"), {
  cancelled: home,
  done: async () => {
    if (accept) await post(`/api/v1/alerts/${encodeURIComponent(accept)}/accept`);
    home();
  },
});
begin(accept ? t("then_accept", { what }) : "");
