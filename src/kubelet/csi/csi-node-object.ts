import { Node } from "../../api/core/v1/node.ts"
import { CSINode, type CSINodeDriver } from "../../api/storage/v1/csi-node.ts"
import type { Client } from "../../client/client.ts"
import { isAlreadyExists, isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"

/** What a driver says about the node. */
export interface DriverOnNode {
  readonly name: string
  readonly nodeId: string
  /** 0: no limit. */
  readonly volumesMax: number
  readonly topology: ReadonlyMap<string, string>
}

/** Keeps the node's CSINode object, and what the Node object has of CSI drivers. */
export interface CsiNodeObject {
  /** Makes the object when it is not there, or belongs to an earlier node of the name. */
  ensure(): Promise<void>
  install(driver: DriverOnNode): Promise<void>
  /** Does nothing when the driver is not there. */
  uninstall(name: string): Promise<void>
}

const NODE_IDS = "csi.volume.kubernetes.io/nodeid"
/** As Kubernetes has it since the code of these volumes left its tree; the scheduler counts their volumes as CSI's. */
const MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins"
const MIGRATED_PLUGINS = [
  "kubernetes.io/aws-ebs",
  "kubernetes.io/azure-disk",
  "kubernetes.io/azure-file",
  "kubernetes.io/cinder",
  "kubernetes.io/gce-pd",
  "kubernetes.io/portworx-volume",
  "kubernetes.io/vsphere-volume",
].join(",")

const RETRY_MS = 10
const TRIES = 6

export function createCsiNodeObject(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock">
  readonly nodeName: string
}): CsiNodeObject {
  const { client, nodeName, platform } = options
  const csiNodes = client.of(CSINode)
  const nodes = client.of(Node)
  const key = { name: nodeName }

  /** Someone else may write between a read and a write. */
  const retrying = async (work: () => Promise<void>): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (attempt === TRIES || !(isConflict(error) || isAlreadyExists(error) || isNotFound(error))) throw error
        await platform.clock.sleep(RETRY_MS * 4 ** attempt)
      }
    }
  }

  const ensured = async (): Promise<CSINode> => {
    const { uid } = (await nodes.get(key)).metadata
    const found = await csiNodes.get(key).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    const owners = found?.metadata.ownerReferences ?? []
    if (found !== undefined && owners.some((owner) => owner.kind === "Node" && owner.uid === uid)) return found
    if (found !== undefined) await csiNodes.delete(key)
    return csiNodes.create({
      metadata: {
        name: nodeName,
        annotations: { [MIGRATED]: MIGRATED_PLUGINS },
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }],
      },
      spec: { drivers: [] },
    })
  }

  const writeDrivers = async (
    change: (drivers: readonly CSINodeDriver[]) => readonly CSINodeDriver[],
  ): Promise<void> => {
    const found = await ensured()
    const drivers = change(found.spec.drivers)
    if (JSON.stringify(drivers) !== JSON.stringify(found.spec.drivers)) {
      await csiNodes.update({ ...found, spec: { ...found.spec, drivers } })
    }
  }

  /** The labels by which volumes find the node, and under which name the driver knows it. */
  const writeNode = async (name: string, driver: DriverOnNode | undefined): Promise<void> => {
    const { annotations = {}, labels = {} } = (await nodes.get(key)).metadata
    const ids = new Map(Object.entries(JSON.parse(annotations[NODE_IDS] || "{}") as Record<string, string>))
    const topology = driver?.topology ?? new Map<string, string>()
    for (const [label, value] of topology) {
      const present = labels[label]
      if (present === undefined || present === value) continue
      throw new Error(
        `error updating Node object with CSI driver node info: detected topology value collision: driver reported "${label}":"${value}" but existing label is "${label}":"${present}"`,
      )
    }
    if (driver === undefined) ids.delete(name)
    else ids.set(name, driver.nodeId)
    const text = ids.size === 0 ? null : JSON.stringify(Object.fromEntries([...ids].sort(byName)))
    const missing = [...topology].filter(([label]) => labels[label] === undefined)
    if ((annotations[NODE_IDS] ?? null) === text && missing.length === 0) return
    const metadata = { annotations: { [NODE_IDS]: text }, labels: Object.fromEntries(missing) }
    await nodes.patch(key, { metadata }, { type: "merge" })
  }

  return {
    ensure: () => retrying(async () => void (await ensured())),
    async install(driver) {
      if (driver.nodeId === "") throw new Error("error adding CSI driver node info: driverNodeID must not be empty")
      await retrying(() => writeNode(driver.name, driver))
      await retrying(() => writeDrivers((drivers) => withDriver(drivers, driver)))
    },
    async uninstall(name) {
      await retrying(() => writeDrivers((drivers) => drivers.filter((each) => each.name !== name)))
      await retrying(() => writeNode(name, undefined))
    },
  }
}

function withDriver(drivers: readonly CSINodeDriver[], driver: DriverOnNode): readonly CSINodeDriver[] {
  const { name, nodeId, topology, volumesMax } = driver
  const written: CSINodeDriver = {
    name,
    nodeID: nodeId,
    topologyKeys: [...topology.keys()].sort(),
    ...(volumesMax > 0 && { allocatable: { count: Math.min(volumesMax, 0x7fff_ffff) } }),
  }
  const present = drivers.find((each) => each.name === name)
  const isSame = present !== undefined && JSON.stringify(inOrder(present)) === JSON.stringify(inOrder(written))
  return isSame ? drivers : [...drivers.filter((each) => each.name !== name), written]
}

function inOrder({ allocatable, name, nodeID, topologyKeys }: CSINodeDriver): readonly unknown[] {
  return [name, nodeID, [...topologyKeys].sort(), allocatable?.count]
}

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1)
