// Nothing but the flow: no editor, no address but loopback.
module.exports = {
  flowFile: "flow.json",
  uiHost: "127.0.0.1",
  uiPort: process.env.BENCH_UI_PORT,
  httpAdminRoot: false,
  httpNodeRoot: false,
  telemetry: { enabled: false, updateNotification: false },
  credentialSecret: false,
  logging: { console: { level: "info", metrics: false, audit: false } },
};
