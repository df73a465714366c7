import { enableCompileCache, registerHooks } from "node:module"
import { join } from "node:path"

// Before anything else is loaded: with it, hundreds of modules load in a third of the time. The launcher has done so
// already. Not in the temporary folder, Node's own choice: others could put code there that we would run.
enableCompileCache(join(import.meta.dirname, "..", "..", "node_modules", ".cache", "gantry"))

// Our modules name each other by file, so there is nothing to search for. Node would look for links, for other things
// of that name and for a package.json in each folder, thousands of times: as long as all the rest of loading.
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith(".") || !specifier.endsWith(".ts")) return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: "module-typescript", shortCircuit: true }
  },
})

const { main } = await import("./main.ts")
process.exitCode = await main(process.argv.slice(2))
