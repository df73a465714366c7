import assert from "node:assert/strict"
import { test } from "node:test"
import type { ResolvedVolume } from "../volumes/plugins/plugin.ts"
import { hostFolder } from "../volumes/standard-folder.ts"
import { driverPaths } from "./driver-paths.ts"
import { growth } from "./expand-volume.ts"
import { highestSupported } from "./versions.ts"

const paths: { name: string; endpoint: string; there: string; socket: string; seen: string }[] = [
  {
    name: "in a pod that mounts the standard folder",
    endpoint: "/var/lib/kubelet/plugins/d/csi.sock",
    there: "/data/n/plugins/d/csi.sock",
    socket: "/data/n/plugins/d/csi.sock",
    seen: "/var/lib/kubelet/pods/u",
  },
  {
    name: "in a pod, and about to listen",
    endpoint: "/var/lib/kubelet/plugins/d/csi.sock",
    there: "nothing",
    socket: "/data/n/plugins/d/csi.sock",
    seen: "/var/lib/kubelet/pods/u",
  },
  {
    name: "on the machine, at the standard folder",
    endpoint: "/var/lib/kubelet/plugins/d/csi.sock",
    there: "/var/lib/kubelet/plugins/d/csi.sock",
    socket: "/var/lib/kubelet/plugins/d/csi.sock",
    seen: "/data/n/pods/u",
  },
  {
    name: "who knows the folder",
    endpoint: "/data/n/plugins/d/csi.sock",
    there: "/data/n/plugins/d/csi.sock",
    socket: "/data/n/plugins/d/csi.sock",
    seen: "/data/n/pods/u",
  },
]

for (const { name, endpoint, there, socket, seen } of paths) {
  test(`where a driver is and what it sees: ${name}`, () => {
    const found = driverPaths("/data/n", endpoint, (path) => path === there)
    assert.deepEqual([found.socketPath, found.toDriver("/data/n/pods/u")], [socket, seen])
    assert.equal(found.toDriver("/data/nothing"), "/data/nothing")
  })
}

test("the standard folder is the node's own, and nothing beside it", () => {
  const of = (path: string, dataDir = "/data/n") => hostFolder({ dataDir }, path)
  assert.deepEqual(
    [of("/var/lib/kubelet"), of("/var/lib/kubelet/"), of("/var/lib/kubelet/pods"), of("/var/lib/kubelets"), of("/var")],
    ["/data/n", "/data/n", "/data/n/pods", "/var/lib/kubelets", "/var"],
  )
  assert.equal(of("/var/lib/kubelet/pods", "/var/lib/kubelet"), "/var/lib/kubelet/pods")
})

test("the highest version of the first major one counts", () => {
  assert.deepEqual(highestSupported(["1.0.0", "v1.10.2", "1.9", "2.0.0", "x"]), [1, 10, 2])
  assert.equal(highestSupported(["0.3.0", "2.0.0"]), undefined)
})

const growths: { name: string; status: object; due: object | undefined }[] = [
  { name: "as large as its volume", status: { capacity: { storage: "2Gi" } }, due: undefined },
  { name: "larger", status: { capacity: { storage: "2049Mi" } }, due: undefined },
  { name: "no size yet", status: {}, due: undefined },
  {
    name: "a controller that keeps no record",
    status: { capacity: { storage: "1Gi" } },
    due: { newSize: "2Gi", isTracked: false },
  },
  {
    name: "the node's turn",
    status: {
      capacity: { storage: "1Gi" },
      allocatedResources: { storage: "1536Mi" },
      allocatedResourceStatuses: { storage: "NodeResizePending" },
    },
    due: { newSize: "1536Mi", isTracked: true },
  },
  {
    name: "the controller's turn",
    status: {
      capacity: { storage: "1Gi" },
      allocatedResources: { storage: "2Gi" },
      allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
    },
    due: undefined,
  },
  {
    name: "given up",
    status: {
      capacity: { storage: "1Gi" },
      allocatedResources: { storage: "2Gi" },
      allocatedResourceStatuses: { storage: "NodeResizeInfeasible" },
    },
    due: undefined,
  },
]

for (const { name, status, due } of growths) {
  test(`whether a volume grows on the node: ${name}`, () => {
    const volume = { claim: { status }, persistent: { spec: { capacity: { storage: "2Gi" } } } }
    assert.deepEqual(growth(volume as unknown as ResolvedVolume), due)
  })
}
