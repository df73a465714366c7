import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { OciDevice, OciSpec } from "../spec/types.ts"
import { applyEdits } from "./apply-edits.ts"
import { annotatedDevices, editsFor } from "./find-devices.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-cdi-"))
after(() => rmSync(dir, { recursive: true, force: true }))
const [etc, run] = [join(dir, "etc"), join(dir, "run")]
for (const folder of [etc, run]) mkdirSync(folder)

const device = (name: string, ...env: string[]) => ({ name, containerEdits: { env } })
const write = (path: string, kind: string, devices: readonly object[], containerEdits: object = {}) =>
  writeFileSync(path, JSON.stringify({ cdiVersion: "0.6.0", kind, devices, containerEdits }))

write(join(etc, "gpu.json"), "vendor.com/gpu", [device("0", "GPU=old"), device("1", "GPU=1")])
write(join(run, "gpu.json"), "vendor.com/gpu", [device("0", "GPU=0"), device("2", "GPU=2")], { env: ["DRIVER=yes"] })
write(join(run, "twice-a.json"), "vendor.com/nic", [device("0")])
write(join(run, "twice-b.json"), "vendor.com/nic", [device("0")])
writeFileSync(join(run, "tpu.yaml"), "kind: vendor.com/tpu\ndevices:\n- name: t\n  containerEdits: { env: [TPU=t] }\n")
writeFileSync(join(run, "broken.json"), "{")
writeFileSync(join(run, "notes.txt"), "kind: no/device")

const envOf = (...names: string[]) => editsFor(names, [etc, run]).flatMap(({ env = [] }) => env)

test("devices are found by name, the later folder wins, and a file's own edits come once", () => {
  assert.deepEqual(envOf("vendor.com/gpu=0", "vendor.com/gpu=2"), ["DRIVER=yes", "GPU=0", "GPU=2"])
  assert.deepEqual(envOf("vendor.com/gpu=1", "vendor.com/tpu=t"), ["GPU=1", "TPU=t"])
})

test("devices that nobody describes, or two files, are refused", () => {
  assert.throws(
    () => envOf("vendor.com/gpu=0", "vendor.com/gpu=9", "vendor.com/nic=0"),
    /CDI device injection failed: unresolvable CDI devices vendor.com\/gpu=9, vendor.com\/nic=0$/,
  )
  assert.throws(() => editsFor(["a/b=c"], [join(dir, "nowhere")]), /unresolvable CDI devices a\/b=c/)
})

const spec = {
  process: { env: ["PATH=/bin", "GPU=none"], user: { uid: 1000, gid: 0, additionalGids: [10] } },
  mounts: [
    { destination: "/proc", type: "proc", source: "proc", options: [] },
    { destination: "/lib/gpu", type: "bind", source: "/old", options: ["rbind"] },
  ],
  linux: { devices: [], resources: { devices: [{ allow: false, access: "rwm" }] } },
} as unknown as OciSpec
const onMachine: OciDevice = { path: "/dev/gpu", type: "c", major: 195, minor: 3, fileMode: 0o660, uid: 0, gid: 44 }
const readDevice = (hostPath: string, path: string) => (hostPath === "/dev/host-gpu" ? { ...onMachine, path } : null)

test("devices can be named by annotations", () => {
  const annotations = {
    "cdi.k8s.io/one": "vendor.com/gpu=0,vendor.com/gpu=1",
    "cdi.k8s.io/two": "a.b/c_d=e:f.1",
    other: "x",
  }
  assert.deepEqual(annotatedDevices(annotations), ["vendor.com/gpu=0", "vendor.com/gpu=1", "a.b/c_d=e:f.1"])
  assert.throws(() => annotatedDevices({ "cdi.k8s.io/one": "gpu0" }), {
    message: 'failed to parse CDI device annotations: invalid CDI device name "gpu0"',
  })
})

test("edits change what the container gets", () => {
  const edited = applyEdits(
    spec,
    [
      {
        env: ["GPU=0"],
        additionalGids: [10, 44, 0],
        deviceNodes: [
          { path: "/dev/gpu", hostPath: "/dev/host-gpu", permissions: "rw" },
          { path: "/dev/fifo", type: "p" },
        ],
        mounts: [
          { hostPath: "/opt/gpu", containerPath: "/lib/gpu", options: ["ro", "bind"] },
          { hostPath: "/opt", containerPath: "/opt", options: ["rbind"] },
        ],
        hooks: [{ hookName: "createContainer", path: "/bin/ldconfig", args: ["ldconfig", "-r"] }],
      },
    ],
    readDevice,
  )
  assert.deepEqual(edited.process.env, ["PATH=/bin", "GPU=0"])
  assert.deepEqual(edited.process.user.additionalGids, [10, 44])
  assert.deepEqual(edited.linux.devices, [
    { ...onMachine, uid: 1000 },
    { path: "/dev/fifo", type: "p", major: 0, minor: 0, fileMode: 0o666, uid: 1000, gid: 0 },
  ])
  assert.deepEqual(edited.linux.resources.devices, [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 195, minor: 3, access: "rw" },
  ])
  assert.deepEqual(
    edited.mounts.map(({ destination, source, type }) => `${type} ${source} ${destination}`),
    ["proc proc /proc", "bind /opt /opt", "bind /opt/gpu /lib/gpu"],
  )
  assert.deepEqual(edited.hooks, { createContainer: [{ path: "/bin/ldconfig", args: ["ldconfig", "-r"] }] })
})

test("what cannot be done is refused", () => {
  const apply = (edit: object) => () => applyEdits(spec, [edit], readDevice)
  assert.throws(apply({ deviceNodes: [{ path: "/dev/none" }] }), /failed to stat CDI host device "\/dev\/none"/)
  assert.throws(apply({ hooks: [{ hookName: "later", path: "/x" }] }), /unknown hook name "later"/)
  assert.throws(apply({ netDevices: [{ hostInterfaceName: "eth1", name: "eth1" }] }), /network devices/)
})
