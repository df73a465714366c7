import assert from "node:assert/strict"
import { test } from "node:test"
import { port, service } from "../testing/objects.ts"
import { warningsOf } from "./warnings.ts"

const cases: readonly [string, Parameters<typeof service>[1], boolean, readonly string[]][] = [
  ["what is served", { ports: [port(80)], externalIPs: ["192.0.2.7"] }, false, []],
  ["SCTP where it is", { ports: [port(5060, { protocol: "SCTP" })] }, true, []],
  ["SCTP where it is not", { ports: [port(80), port(5060, { protocol: "SCTP" })] }, false, ["SCTPNotSupported"]],
  ["IPv6", { externalIPs: ["fd00::7"], loadBalancerSourceRanges: [" fd00::/8"] }, false, ["IPv6NotSupported"]],
]
for (const [name, spec, hasSctp, reasons] of cases) {
  test(name, () => {
    const found = warningsOf(service("web", spec), ["IPv4"], () => hasSctp)
    assert.deepEqual(
      found.map(({ reason }) => reason),
      reasons,
    )
  })
}
