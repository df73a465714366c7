import assert from "node:assert/strict"
import { test } from "node:test"
import { socketOf } from "./endpoint.ts"
import { readSettings } from "./told-settings.ts"

const usual = { confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" }
const runtimes = (SystemdCgroup: boolean) => ({
  defaultRuntimeName: "runc",
  runtimes: { runc: { options: { SystemdCgroup } } },
})
const told: readonly (readonly [who: string, config: string | undefined, expected: object])[] = [
  ["a runtime that tells nothing", undefined, { cgroupDriver: "cgroupfs", cni: usual }],
  ["CRI-O, in TOML", "[crio.runtime]\n", { cgroupDriver: "cgroupfs", cni: usual }],
  ["containerd with systemd", JSON.stringify({ containerd: runtimes(true) }), { cgroupDriver: "systemd", cni: usual }],
  [
    "containerd 1.6",
    JSON.stringify({
      sandboxImage: "pause:3",
      containerd: runtimes(false),
      cni: { binDir: "/usr/lib/cni", confDir: "/net.d" },
    }),
    { cgroupDriver: "cgroupfs", cni: { binDir: "/usr/lib/cni", confDir: "/net.d" }, sandboxImage: "pause:3" },
  ],
  [
    "containerd 2, with several folders",
    JSON.stringify({ cni: { binDirs: ["/a", "/b"], confDir: "/net.d" } }),
    { cgroupDriver: "cgroupfs", cni: { binDir: "/a", confDir: "/net.d" } },
  ],
]
for (const [who, config, expected] of told) {
  test(`the settings of ${who}`, () => {
    assert.deepEqual(readSettings(config === undefined ? {} : { config }), { sandboxImage: "", ...expected })
  })
}

test("endpoints are sockets", () => {
  assert.equal(socketOf("unix:///run/containerd/containerd.sock"), "/run/containerd/containerd.sock")
  assert.equal(socketOf("/run/crio/crio.sock"), "/run/crio/crio.sock")
  for (const wrong of ["", "tcp://127.0.0.1:1", "npipe:////./pipe/x", "run/x.sock"]) {
    assert.throws(() => socketOf(wrong), /expected the socket of a runtime/)
  }
})
