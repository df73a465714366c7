import assert from "node:assert/strict"
import { test } from "node:test"
import { podOf } from "../testing/pods.ts"
import { refusedForSysctls } from "./sysctls.ts"

const cases = [
  { name: "kernel.shm_rmid_forced", spec: {}, says: undefined },
  { name: "net/ipv4/tcp_syncookies", spec: {}, says: undefined },
  { name: "kernel.msgmax", spec: {}, says: '"kernel.msgmax" not allowlisted' },
  { name: "kernel.msgmax", spec: {}, unsafe: ["kernel.msg*"], says: undefined },
  { name: "vm.swappiness", spec: {}, unsafe: ["kernel.msg*"], says: '"vm.swappiness" not allowlisted' },
  {
    name: "net.ipv4.tcp_syncookies",
    spec: { hostNetwork: true },
    says: '"net.ipv4.tcp_syncookies" not allowed with host Net enabled',
  },
  {
    name: "kernel.msgmax",
    spec: { hostIPC: true },
    unsafe: ["kernel.msgmax"],
    says: '"kernel.msgmax" not allowed with host IPC enabled',
  },
  { name: "net.ipv4.tcp_rmem", spec: {}, kernel: "4.9.0-13-amd64", says: '"net.ipv4.tcp_rmem" not allowlisted' },
  { name: "net.ipv4.tcp_rmem", spec: {}, kernel: "4.15.0", says: undefined },
]
for (const { kernel = "6.1.0", name, says, spec, unsafe = [] } of cases) {
  test(`${name} ${JSON.stringify(spec)}: ${says ?? "taken"}`, () => {
    const pod = podOf({ ...spec, securityContext: { sysctls: [{ name, value: "1" }] } })
    const want = says === undefined ? undefined : { reason: "SysctlForbidden", message: `forbidden sysctl: ${says}` }
    assert.deepEqual(refusedForSysctls(pod, unsafe, kernel), want)
  })
}
