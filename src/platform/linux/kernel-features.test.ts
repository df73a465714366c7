import assert from "node:assert/strict"
import { test } from "node:test"
import { type KernelFacts, parseKernelFeatures, probeKernel } from "./kernel-features.ts"

const nothing: KernelFacts = {
  release: "6.1.0",
  filesystems: "nodev\tsysfs\n\text4\n",
  modules: undefined,
  config: undefined,
  modulesBuiltIn: undefined,
  modulesLoadable: undefined,
  userNamespacesMax: undefined,
  appArmorEnabled: undefined,
  bridgeNetfilterPresent: false,
  netfilterSocket: true,
}

const cases: { name: string; facts: Partial<KernelFacts>; want: object }[] = [
  {
    name: "nothing tells",
    facts: {},
    want: { overlay: "unknown", vxlan: "unknown", userNamespaces: "no", appArmor: "no" },
  },
  { name: "overlay is a known file system", facts: { filesystems: "nodev\toverlay\n" }, want: { overlay: "yes" } },
  {
    name: "built in, built as a module that is missing, not built",
    facts: { config: "CONFIG_VXLAN=y\nCONFIG_BRIDGE=m\n# CONFIG_VETH is not set\nCONFIG_SECCOMP_FILTER=y\n" },
    want: { vxlan: "yes", bridge: "no", veth: "no", seccomp: "yes" },
  },
  {
    name: "a module that can be loaded, and one that is",
    facts: {
      config: "CONFIG_VXLAN=m\nCONFIG_BRIDGE=m\n",
      modules: "bridge 311296 0 - Live 0x0\n",
      modulesLoadable: "kernel/drivers/net/vxlan/vxlan.ko: kernel/net/ipv4/udp_tunnel.ko\n",
    },
    want: { vxlan: "module", bridge: "yes" },
  },
  {
    name: "a built-in list names with a hyphen what /proc names with an underscore",
    facts: { modulesBuiltIn: "kernel/net/netfilter/nf-conntrack.ko\n" },
    want: { conntrack: "yes" },
  },
  { name: "no netfilter", facts: { netfilterSocket: false, config: "CONFIG_NF_TABLES=y" }, want: { nftables: "no" } },
  {
    name: "user namespaces and AppArmor are on",
    facts: { userNamespacesMax: "13973\n", appArmorEnabled: "Y\n", bridgeNetfilterPresent: true },
    want: { userNamespaces: "yes", appArmor: "yes", bridgeNetfilter: "yes" },
  },
  { name: "user namespaces are off", facts: { userNamespacesMax: "0\n" }, want: { userNamespaces: "no" } },
]

for (const { name, facts, want } of cases) {
  test(`kernel features: ${name}`, () =>
    assert.partialDeepStrictEqual(parseKernelFeatures({ ...nothing, ...facts }), want))
}

test("this kernel can be probed", () => {
  assert.notEqual(probeKernel().release, "")
})
