import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { readMachineTopology } from "./machine-topology.ts"

/** A folder such as /sys/devices/system, for as long as `use` takes. */
function withDevices<T>(files: Readonly<Record<string, string>>, use: (devices: string) => T): T {
  const devices = mkdtempSync(join(tmpdir(), "topology-"))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(devices, path)), { recursive: true })
      writeFileSync(join(devices, path), `${text}\n`)
    }
    return use(devices)
  } finally {
    rmSync(devices, { recursive: true })
  }
}

const cpu = (id: number, socket: number, core: number, node?: number) => ({
  [`cpu/cpu${id}/topology/physical_package_id`]: `${socket}`,
  [`cpu/cpu${id}/topology/core_id`]: `${core}`,
  ...(node !== undefined && { [`node/node${node}/cpu${id}/online`]: "1" }),
})
const cache = (id: number, number: number, sharedBy: string) => ({
  [`cpu/cpu${id}/cache/index3/level`]: "3",
  [`cpu/cpu${id}/cache/index3/id`]: `${number}`,
  [`cpu/cpu${id}/cache/index3/shared_cpu_map`]: sharedBy,
})

test("finds threads of a core, sockets, nodes, their memory and huge pages", () => {
  const files = {
    ...cpu(0, 0, 0, 0),
    ...cpu(1, 1, 0, 1),
    ...cpu(2, 0, 0, 0),
    ...cpu(3, 1, 0, 1),
    "node/node0/meminfo": "Node 0 MemTotal:       2048 kB",
    "node/node0/distance": "10 21",
    "node/node0/hugepages/hugepages-2048kB/nr_hugepages": "3",
    "node/node1/meminfo": "Node 1 MemTotal:       1024 kB",
    // Offline: it has a folder, and no topology.
    "node/node1/cpu4/online": "0",
  }
  withDevices(files, (devices) => {
    const { cpus: found, nodes } = readMachineTopology(devices)
    const lines = found.map(({ cache: shared, core, id, node, socket }) => [id, core, socket, node, shared].join())
    assert.deepEqual(lines, ["0,0,0,0,0", "1,1,1,1,1", "2,0,0,0,0", "3,1,1,1,1"])
    assert.deepEqual(nodes, [
      { id: 0, memoryBytes: 2 << 20, hugepages: new Map([[2 << 20, 6 << 20]]), distances: [10, 21] },
      { id: 1, memoryBytes: 1 << 20, hugepages: new Map(), distances: undefined },
    ])
  })
})

test("tells caches that a part of a node shares from those of all of it", () => {
  const shared = (map: string, number: (id: number) => number) =>
    withDevices(
      Object.assign({}, ...[0, 1, 2, 3].map((id) => ({ ...cpu(id, 7, id, 0), ...cache(id, number(id), map) }))),
      (devices) => readMachineTopology(devices).cpus.map(({ cache: found }) => found),
    )
  assert.deepEqual(
    shared("00000000,00000003", (id) => 40 + (id >> 1)),
    [40, 40, 41, 41],
  )
  assert.deepEqual(
    shared("f", () => 40),
    [7, 7, 7, 7],
  )
})

test("sockets stand for nodes where there are none", () => {
  withDevices({ ...cpu(0, 0, 0), ...cpu(1, 3, 0) }, (devices) => {
    const { cpus: found, nodes } = readMachineTopology(devices)
    assert.deepEqual(
      found.map(({ node }) => node),
      [0, 3],
    )
    assert.deepEqual(
      nodes.map(({ id, memoryBytes }) => [id, memoryBytes]),
      [
        [0, 0],
        [3, 0],
      ],
    )
  })
})

test("this machine has a topology", () => {
  assert.equal(readMachineTopology().cpus.length, cpus().length)
})
