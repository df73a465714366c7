import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { examineRanges } from "./network-checks.ts"

const layout = {
  ranges: [
    {
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/16",
      nodeCidr: "10.89.0.0/24",
      loadBalancerPool: "192.0.2.10-192.0.2.20",
    },
  ],
  devicePrefix: "gantry0",
}
const route = (device: string, cidr: string) => ({ device, ...parseCidr(cidr) })

const cases = [
  {
    name: "our own routes",
    routes: [route("gantry0n0", "10.244.0.0/24")],
    found: /^good the cluster's ranges are its own$/,
  },
  { name: "wider routes", routes: [route("tun0", "10.0.0.0/8"), route("eth0", "192.0.2.0/24")], found: /^good/ },
  {
    name: "a narrower route",
    routes: [route("tun0", "10.244.3.0/24")],
    found: /^limited a route through tun0 takes 10\.244\.3\.0\/24 away from the cluster's pods \(10\.244\.0\.0\/16\)$/,
  },
  { name: "the same range", routes: [route("tun0", "10.96.0.0/16")], found: /^limited .* services/ },
  { name: "one address", routes: [route("lo", "192.0.2.12/32")], found: /^limited .* load balancers/ },
]
for (const { name, routes, found } of cases) {
  test(name, () => {
    const [first] = examineRanges(layout, routes)
    assert.match(`${first?.state} ${first?.text}`, found)
  })
}
