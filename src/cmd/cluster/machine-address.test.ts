import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { defaultRouteDevice, parseIpv4Routes, parseIpv6Routes, routedRange } from "./machine-address.ts"

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`

test("the default route with the lowest metric wins", () =>
  assert.equal(defaultRouteDevice(parseIpv4Routes(table)), "eth0"))

test("ranges are read in network order", () => {
  const { first, last } = parseCidr("172.17.0.0/16")
  assert.deepEqual(parseIpv4Routes(table).flatMap(routedRange), [{ device: "docker0", first, last }])
})

test("routes of IPv6", () => {
  const none = "00000000000000000000000000000000"
  const line = (to: string, bits: string, metric: string, device: string) =>
    `${to} ${bits} ${none} 00 ${none} ${metric} 00000001 00000000 00000001     ${device}\n`
  const routes = parseIpv6Routes(
    line("fd000000000000010000000000000000", "40", "00000100", "br0") +
      line(none, "00", "00000400", "wlan0") +
      line(none, "00", "00000064", "eth0") +
      line(none, "00", "ffffffff", "lo"),
  )
  assert.equal(defaultRouteDevice(routes), "eth0")
  const { first, last } = parseCidr("fd00:0:0:1::/64")
  assert.deepEqual(routes.flatMap(routedRange), [{ device: "br0", first, last }])
})
