import { enableCompileCache } from "node:module"
import { join } from "node:path"

// Before anything else is loaded: with it, hundreds of modules load in a third of the time. The launcher has done so
// already. Not in the temporary folder, Node's own choice: others could put code there that we would run.
enableCompileCache(join(import.meta.dirname, "..", "..", "node_modules", ".cache", "gantry"))

const { main } = await import("./main.ts")
process.exitCode = await main(process.argv.slice(2))
