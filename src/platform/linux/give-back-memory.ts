import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { libc } from "./libc.ts"

/** Of V8's `gc`, the part that is used here. */
type CollectGarbage = (options: { readonly flavor: "last-resort" }) => void

/**
 * Gives memory that this process does not need back to the machine. V8 and the C library keep what they had at the
 * busiest time, and would for ever in a process that does little afterwards. Takes a tenth of a second or two, in which
 * nothing else of the thread runs: for quiet times.
 */
export function giveBackMemory(): void {
  collectGarbage({ flavor: "last-resort" })
  libc.malloc_trim(0n)
}

let found: CollectGarbage | undefined

/**
 * V8 gives it to contexts that are made while a flag is set. The flag is of this moment only: code that was compiled
 * under other flags is not taken from Node's cache.
 */
const collectGarbage: CollectGarbage = (options) => {
  if (found === undefined) {
    setFlagsFromString("--expose-gc")
    try {
      found = runInNewContext("gc") as CollectGarbage
    } finally {
      setFlagsFromString("--no-expose-gc")
    }
  }
  found(options)
}
