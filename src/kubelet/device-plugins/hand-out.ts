import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { amountsOf } from "../../api/core/v1/pod-resources.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isOfClaim } from "../devices/pod-claims.ts"
import { podLimits } from "../resources/pod-resources.ts"
import { AllocationError, type HintProvider } from "../topology/hint-provider.ts"
import type { NumaMask } from "../topology/numa-mask.ts"
import { inOrderOfStart, leftBefore } from "../topology/order-of-start.ts"
import type { Allocation, Allocations } from "./allocations.ts"
import { chooseDevices, type Question, type Wanted } from "./choose-devices.ts"
import { deviceHints, isTiedToNodes } from "./device-hints.ts"
import type { PluginResources } from "./plugin-resources.ts"

const WITHOUT_NODE = -1

export interface HandOut extends HintProvider {
  /** Has plugins make ready what the pod was given. Rejects when one cannot; what it has goes on to be set aside. */
  confirm(pod: Pod): Promise<void>
  /** Whether plugins are still to be asked about something that the pod was given. */
  isPending(pod: Pod): boolean
  /** The amounts of plugins' resources that a container asks for. */
  requested(pod: Pod, container: Container): ReadonlyMap<string, number>
}

/** Gives the devices of plugins to containers. */
export function createHandOut(parts: {
  readonly allocations: Allocations
  readonly resources: PluginResources
  /** Of the machine. */
  readonly numaNodes: readonly number[]
  /** Writes down who has what. */
  readonly save: () => void
  /** Measures how long a plugin takes. */
  readonly time: <T>(resource: string, work: () => Promise<T>) => Promise<T>
}): HandOut {
  const { allocations, numaNodes, resources, save, time } = parts
  /** Near which nodes the devices should be that plugins are still to be asked about, by pod and container. */
  const affinities = new Map<string, Map<string, NumaMask | undefined>>()

  const isOurs = (resource: string): boolean => resources.has(resource) || allocations.used(resource).size > 0
  const requested = (pod: Pod, container: Container): Map<string, number> =>
    new Map(
      [...amountsOf(container.resources?.limits)].filter(
        ([resource, amount]) => amount > 0 && isOurs(resource) && !isOfClaim(pod, container, resource),
      ),
    )
  const wantedBy = (pod: Pod, container: Container, resource: string, amount: number, inUse: Set<string>): Wanted => ({
    resource,
    amount,
    reusable: reusable(pod, container, resource),
    available: resources.healthy(resource).difference(inUse),
    devices: resources.devices(resource),
    affinity: affinities.get(pod.metadata.uid)?.get(container.name),
  })

  const reusable = (pod: Pod, container: Container, resource: string): ReadonlySet<string> =>
    leftBefore(pod, container, (name) => allocations.of(pod.metadata.uid, name).get(resource)?.ids ?? [])

  function setAside(pod: Pod, container: Container, resource: string, amount: number): void {
    const { uid } = pod.metadata
    const had = allocations.of(uid, container.name).get(resource)
    if (had !== undefined && had.ids.size !== amount) {
      const which = `pod "${uid}" container "${container.name}"`
      throw new Error(`${which} changed request for resource "${resource}" from ${had.ids.size} to ${amount}`)
    }
    if (!resources.has(resource)) throw new Error(`cannot allocate unregistered device ${resource}`)
    const healthy = resources.healthy(resource)
    if (healthy.size === 0) {
      throw new Error(`no healthy devices present; cannot allocate unhealthy devices ${resource}`)
    }
    if (had?.ids.isSubsetOf(healthy) === false) {
      const what = `cannot allocate unhealthy devices ${resource}`
      throw new Error(`previously allocated devices are no longer healthy; ${what}`)
    }
    if (had !== undefined) return
    const { ids } = chooseDevices(wantedBy(pod, container, resource, amount, allocations.used(resource)))
    allocations.set(uid, container.name, resource, allocationOf(resource, ids))
  }

  function allocationOf(
    resource: string,
    ids: ReadonlySet<string>,
  ): Omit<Allocation, "response"> & { response: undefined } {
    const devices = resources.devices(resource)
    const byNode: Record<string, string[]> = {}
    for (const id of ids) {
      const nodes = devices.get(id)?.nodes ?? []
      for (const node of nodes.length > 0 ? nodes : [WITHOUT_NODE]) (byNode[String(node)] ??= []).push(id)
    }
    return { ids, byNode, response: undefined }
  }

  /** The devices that the plugin would rather see together, when it has a say. */
  async function preferred(pod: Pod, container: Container, resource: string, amount: number): Promise<void> {
    const { options, plugin } = resources.endpoint(resource)
    if (options.getPreferredAllocationAvailable !== true) return
    const { uid } = pod.metadata
    // What the pod's later containers hold is not settled yet either.
    const isOthers = (podUid: string, { response }: Allocation) => podUid !== uid || response !== undefined
    const choose = (ids?: readonly string[]) =>
      chooseDevices(wantedBy(pod, container, resource, amount, allocations.used(resource, isOthers)), ids)
    // Another choice for an init container is another one for those that reuse its devices.
    const { ids, question } = choose()
    const chosen = question === undefined ? ids : choose(await ask(question)).ids
    allocations.set(uid, container.name, resource, allocationOf(resource, chosen))

    async function ask({ available, mustInclude }: Question): Promise<readonly string[]> {
      const request = { availableDeviceIDs: available, mustIncludeDeviceIDs: mustInclude, allocationSize: amount }
      try {
        const { containerResponses } = await plugin.GetPreferredAllocation({ containerRequests: [request] })
        return containerResponses?.[0]?.deviceIDs ?? []
      } catch (error) {
        throw new Error(`device plugin GetPreferredAllocation rpc failed with err: ${messageOf(error)}`, {
          cause: error,
        })
      }
    }
  }

  async function makeReady(pod: Pod, container: Container, resource: string, amount: number): Promise<void> {
    const { uid } = pod.metadata
    await preferred(pod, container, resource, amount)
    const given = allocations.of(uid, container.name).get(resource)
    if (given === undefined) throw new Error(`the pod gave ${resource} back`)
    const devicesIds = [...given.ids]
    const { plugin } = resources.endpoint(resource)
    const allocated = await time(resource, () => plugin.Allocate({ containerRequests: [{ devicesIds }] }))
    const [response] = allocated.containerResponses ?? []
    if (response === undefined) {
      throw new Error(
        "no containers return in allocation response &AllocateResponse{ContainerResponses:[]*ContainerAllocateResponse{},}",
      )
    }
    // It may have ended meanwhile.
    if (allocations.of(uid, container.name).get(resource) !== given) return
    allocations.set(uid, container.name, resource, { ...given, response })
  }

  const pendingOf = (pod: Pod) =>
    inOrderOfStart(pod).flatMap(({ container }) =>
      [...allocations.of(pod.metadata.uid, container.name)].flatMap(([resource, { ids, response }]) =>
        response === undefined ? [{ container, resource, amount: ids.size }] : [],
      ),
    )

  const hintsFor = (resource: string, amount: number, had: ReadonlySet<string>, reused: ReadonlySet<string>) => {
    const devices = resources.devices(resource)
    if (!isTiedToNodes(devices)) return undefined
    const facts = { amount, devices, numaNodes }
    if (had.size > 0) return had.size === amount ? deviceHints({ ...facts, available: had, reusable: new Set() }) : []
    const available = resources.healthy(resource).difference(allocations.used(resource))
    if (available.union(reused).size < amount) return []
    return deviceHints({ ...facts, available, reusable: reused })
  }

  return {
    requested,
    isPending: (pod) => pendingOf(pod).length > 0,
    hints(pod, container) {
      const given = allocations.of(pod.metadata.uid, container.name)
      return new Map(
        [...requested(pod, container)].map(([resource, amount]) => {
          const had = given.get(resource)?.ids ?? new Set<string>()
          return [resource, hintsFor(resource, amount, had, reusable(pod, container, resource))]
        }),
      )
    },
    podHints(pod) {
      const isPods = (podUid: string) => podUid === pod.metadata.uid
      const wanted = [...podLimits(pod)].filter(([resource]) => isOurs(resource))
      return new Map(
        wanted.map(([resource, amount]) => [
          resource,
          hintsFor(resource, amount, allocations.used(resource, isPods), new Set()),
        ]),
      )
    },
    allocate(pod, container, { affinity }) {
      const amounts = requested(pod, container)
      if (amounts.size === 0) return
      const { uid } = pod.metadata
      const ofPod = affinities.get(uid) ?? new Map<string, NumaMask | undefined>()
      affinities.set(uid, ofPod.set(container.name, affinity))
      try {
        for (const [resource, amount] of amounts) setAside(pod, container, resource, amount)
      } catch (error) {
        throw new AllocationError(messageOf(error))
      }
    },
    async confirm(pod) {
      const pending = pendingOf(pod)
      if (pending.length === 0) return
      for (const { amount, container, resource } of pending) await makeReady(pod, container, resource, amount)
      affinities.delete(pod.metadata.uid)
      save()
    },
    release(podUid) {
      affinities.delete(podUid)
      allocations.release(podUid)
    },
  }
}
