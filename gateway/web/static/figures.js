// The figures need no script; it signs in and out.

import { begin } from "./doing.js";

begin({});
