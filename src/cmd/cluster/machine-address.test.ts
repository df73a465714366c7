import assert from "node:assert/strict"
import { test } from "node:test"
import { defaultRouteDevice, routedRanges } from "./machine-address.ts"

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`

test("the default route with the lowest metric wins", () => assert.equal(defaultRouteDevice(table), "eth0"))

test("ranges are read in network order", () => {
  assert.deepEqual(routedRanges(table), [{ device: "docker0", first: 0xac110000, last: 0xac11ffff }])
})
