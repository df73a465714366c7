import assert from "node:assert/strict"
import { test } from "node:test"
import { compileSeccomp, type SeccompProfile } from "./seccomp.ts"

// linux/filter.h: BPF_RET | BPF_K
const RETURN_CONSTANT = 0x06
const INSTRUCTION_BYTES = 8
const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const ENOSYS = 38
const EPERM = 1

const profile: SeccompProfile = {
  defaultAction: "SCMP_ACT_ERRNO",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  syscalls: [
    { names: ["read", "no_such_call"], action: "SCMP_ACT_ALLOW" },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
    { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 40, op: "SCMP_CMP_GT" }] },
  ],
}

test("a profile becomes a filter program with its actions", () => {
  const program = compileSeccomp(profile)
  assert(program !== null)
  const results = new Set<number>()
  for (let at = 0; at < program.length; at += INSTRUCTION_BYTES) {
    if (program.readUInt16LE(at) === RETURN_CONSTANT) results.add(program.readUInt32LE(at + 4))
  }
  for (const action of [ALLOW, ERRNO | ENOSYS, ERRNO | EPERM]) assert(results.has(action), `no ${action.toString(16)}`)
})

test("a profile with something unknown is left to the OCI runtime", () => {
  const unknown = { names: ["read"], action: "SCMP_ACT_NOTIFY" }
  assert.equal(compileSeccomp({ ...profile, syscalls: [unknown] }), null)
  assert.equal(compileSeccomp({ ...profile, architectures: ["SCMP_ARCH_NONE"] }), null)
})
