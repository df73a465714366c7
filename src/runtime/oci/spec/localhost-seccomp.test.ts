import assert from "node:assert/strict"
import { test } from "node:test"
import { isRuntimeError } from "../../errors.ts"
import { parseSeccompProfile } from "./localhost-seccomp.ts"

test("what a profile leaves out is empty", () => {
  const text = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["sethostname"],"action":"SCMP_ACT_ERRNO"}]}'
  assert.deepEqual(parseSeccompProfile(text, "/p.json"), {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: [],
    syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_ERRNO" }],
  })
})

test("everything that the specification has is kept", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    architectures: ["SCMP_ARCH_X86_64"],
    flags: ["SECCOMP_FILTER_FLAG_LOG"],
    syscalls: [
      {
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 1, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
    ],
  }
  assert.deepEqual(parseSeccompProfile(JSON.stringify(profile), "/p.json"), profile)
})

const wrong: readonly (readonly [text: string, message: string])[] = [
  ["{", "found no JSON"],
  ["[]", "the profile: found [], expected an object"],
  ["{}", "defaultAction: found nothing, expected text"],
  ['{"defaultAction":"a","syscalls":{}}', "syscalls: found {}, expected a list"],
  ['{"defaultAction":"a","syscalls":[{"names":[1]}]}', "syscalls[0].names[0]: found 1, expected text"],
  [
    '{"defaultAction":"a","syscalls":[{"names":[],"action":"b","args":[{"index":0,"value":18446744073709551615}]}]}',
    "syscalls[0].args[0].value: found 18446744073709552000, expected a whole number from 0 to 9007199254740991",
  ],
]
for (const [text, message] of wrong) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => parseSeccompProfile(text, "/p.json"),
      (error) => isRuntimeError(error, "InvalidArgument") && error.message === `seccomp profile /p.json: ${message}`,
    )
  })
}
