import assert from "node:assert/strict"
import { test } from "node:test"
import { readFlags } from "./flags.ts"

test("flags are read as Go programs read them", () => {
  const cases: [string[], [string, string][]][] = [
    [["--secure-port=6443"], [["secure-port", "6443"]]],
    [["--secure-port", "6443"], [["secure-port", "6443"]]],
    [
      ["--allow-privileged", "--cert-dir=/x=y"],
      [
        ["allow-privileged", "true"],
        ["cert-dir", "/x=y"],
      ],
    ],
    [["-a=1", "--a=2"], [["a", "2"]]],
    [["--empty="], [["empty", ""]]],
  ]
  for (const [args, flags] of cases) assert.deepEqual([...readFlags(args)], flags)
  assert.throws(() => readFlags(["serve"]), /found "serve", expected a flag/)
})
