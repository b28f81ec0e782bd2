import { render } from "preact";

import { whoAmI } from "./api/client.ts";
import { connect } from "./api/connection.ts";
import { App } from "./shell/app.tsx";
import { followAddress } from "./shell/route.ts";
import { applyTheme } from "./shell/theme.ts";

applyTheme();
void connect(whoAmI);
followAddress();
render(<App />, document.getElementById("page")!);
