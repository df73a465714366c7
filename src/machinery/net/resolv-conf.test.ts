import assert from "node:assert/strict"
import { test } from "node:test"
import { parseResolvConf } from "./resolv-conf.ts"

test("reads resolv.conf", () => {
  assert.deepEqual(
    parseResolvConf(
      "# x\nnameserver 1.2.3.4\nsearch old\n search a.b. c . ; note\noptions ndots:2 rotate\noptions edns0\n",
    ),
    { servers: ["1.2.3.4"], searches: ["a.b", "c", "."], options: ["ndots:2", "rotate", "edns0"] },
  )
})
