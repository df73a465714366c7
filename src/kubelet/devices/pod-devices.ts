import type { Container } from "../../api/core/v1/container.ts"
import type { ResourceHealth, ResourceStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { claimNameFor, isReservedFor, whyNotForPod } from "../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import type { Client } from "../../client/client.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { DeviceHealth } from "./device-health.ts"
import type { DraDrivers } from "./dra-drivers.ts"
import { requestsOf, serves, type UsedClaim, usedClaims } from "./pod-claims.ts"
import type { PreparedClaim, PreparedClaims, PreparedDevice } from "./prepared-claims.ts"

const claimKind = onFirstUse<typeof import("../../api/resource/v1/resource-claim.ts")>(
  "../../api/resource/v1/resource-claim.ts",
  import.meta.url,
)

/** As kubelets wait for a driver. */
const CALL_TIMEOUT_MS = 45_000

/** The devices of a node's pods. Every method may be repeated. */
export interface PodDevices {
  /** Has drivers prepare what the pod's claims were given. Throws with what events show of it. */
  prepare(pod: Pod): Promise<void>
  /** Names of the devices that a container gets. Throws when they are not prepared. */
  cdiDevices(pod: Pod, container: Container): string[]
  /** The health of what a container was given, by the claims that it names. */
  health(pod: Pod, container: Container): readonly ResourceStatus[]
  /** The claims that a container uses, with all their devices. */
  given(pod: Pod, container: Container): readonly GivenClaim[]
  /** The pods that have a device of a driver. */
  usersOf(driver: string): readonly string[]
  /** The pod has ended: drivers take back what nobody else here uses. */
  release(pod: Pod): Promise<void>
}

export type GivenDevice = PreparedDevice & { readonly driver: string }

export interface GivenClaim {
  readonly name: string
  readonly namespace: string
  readonly devices: readonly GivenDevice[]
}

export function createPodDevices(parts: {
  readonly client: Client
  readonly drivers: Pick<DraDrivers, "get">
  readonly claims: PreparedClaims
  readonly health: Pick<DeviceHealth, "of">
}): PodDevices {
  const { client, claims, drivers, health } = parts
  /** All devices of a claim that were given to one of the requests. */
  const devicesOf = (claim: PreparedClaim, requests: readonly string[]): GivenDevice[] =>
    Object.entries(claim.drivers).flatMap(([driver, devices]) =>
      devices
        .filter(({ requestNames }) => requests.some((request) => serves(requestNames, request)))
        .map((device) => ({ ...device, driver })),
    )
  return {
    async prepare(pod) {
      try {
        await prepare(pod)
      } catch (error) {
        throw new Error(`prepare dynamic resources: ${messageOf(error)}`, { cause: error })
      }
    },
    cdiDevices(pod, container) {
      return [...requestsOf(pod, container)].flatMap(([name, requests]) => {
        const { namespace } = pod.metadata
        const claim = claims.get(namespace, name)
        if (claim === undefined) {
          throw new Error(
            `internal error: unable to get claim info for ResourceClaim ${name} in namespace ${namespace}`,
          )
        }
        return [...new Set(devicesOf(claim, requests).flatMap(({ cdiDeviceIds }) => cdiDeviceIds))]
      })
    },
    health(pod, container) {
      return (container.resources?.claims ?? []).flatMap(({ name, request = "" }) => {
        const entry = pod.spec.resourceClaims?.find((each) => each.name === name)
        const known = entry && claimNameFor(pod, entry)
        const claim = known?.ok && known.name !== undefined ? claims.get(pod.metadata.namespace, known.name) : undefined
        if (claim === undefined) return []
        const resources = new Map<string, ResourceHealth>()
        for (const { cdiDeviceIds, deviceName, driver, poolName } of devicesOf(claim, [request.split("/")[0] ?? ""])) {
          const resourceID = cdiDeviceIds[0] ?? `${driver}/${poolName}/${deviceName}`
          if (!resources.has(resourceID))
            resources.set(resourceID, { resourceID, ...health.of(driver, poolName, deviceName) })
        }
        if (resources.size === 0) return []
        return [{ name: `claim:${name}${request && `/${request}`}`, resources: [...resources.values()] }]
      })
    },
    given: (pod, container) =>
      [...requestsOf(pod, container)].flatMap(([name]) => {
        const claim = claims.get(pod.metadata.namespace, name)
        return claim === undefined ? [] : [{ name, namespace: claim.namespace, devices: devicesOf(claim, [""]) }]
      }),
    usersOf: (driver) => claims.list().flatMap(({ drivers, pods }) => (Object.hasOwn(drivers, driver) ? pods : [])),
    async release(pod) {
      const { uid } = pod.metadata
      for (const claim of claims.list().filter(({ pods }) => pods.includes(uid))) {
        const pods = claim.pods.filter((user) => user !== uid)
        if (pods.length > 0) claims.set({ ...claim, pods })
        else await unprepare(claim)
      }
    },
  }

  async function prepare(pod: Pod): Promise<void> {
    const wanted: PreparedClaim[] = []
    // Nothing is prepared before everything can be.
    for (const used of usedClaims(pod)) wanted.push(await claimFor(pod, used))
    for (const claim of wanted) for (const driver of Object.keys(claim.drivers)) drivers.get(driver)
    for (const claim of wanted) {
      claims.set(claim)
      if (!claim.isPrepared) claims.set(await prepareClaim(claim))
    }
  }

  /** What is known of the claim, used by this pod from now on. */
  async function claimFor(pod: Pod, { name, isGenerated }: UsedClaim): Promise<PreparedClaim> {
    const { namespace, uid } = pod.metadata
    const claim = await fetched(namespace, name)
    const why = isGenerated ? whyNotForPod(pod, claim) : undefined
    if (why !== undefined) throw new Error(why)
    if (!isReservedFor(pod, claim)) {
      const which = `ResourceClaim ${name} (${claim.metadata.uid})`
      throw new Error(`pod ${pod.metadata.name} (${uid}) is not allowed to use ${which}`)
    }
    if (claim.status.allocation === undefined) throw new Error(`ResourceClaim ${name}: not allocated`)
    const known = claims.get(namespace, name)
    if (known !== undefined && known.uid !== claim.metadata.uid) {
      const which = `same name ${name} and different UID ${known.uid}`
      throw new Error(`old ResourceClaim with ${which} still exists (previous pod force-deleted?!)`)
    }
    if (known !== undefined) return { ...known, pods: [...new Set([...known.pods, uid])] }
    const results = claim.status.allocation.devices.results ?? []
    const unprepared = Object.fromEntries(results.map(({ driver }) => [driver, []]))
    return { namespace, name, uid: claim.metadata.uid, pods: [uid], drivers: unprepared, isPrepared: false }
  }

  async function fetched(namespace: string, name: string): Promise<ResourceClaim> {
    try {
      return await client.of(claimKind().ResourceClaim).get({ namespace, name })
    } catch (error) {
      throw new Error(`fetch ResourceClaim ${name}: ${messageOf(error)}`, { cause: error })
    }
  }

  async function prepareClaim(claim: PreparedClaim): Promise<PreparedClaim> {
    const { namespace, name, uid } = claim
    const prepared: Record<string, readonly PreparedDevice[]> = {}
    for (const driver of Object.keys(claim.drivers)) {
      const request = { claims: [{ namespace, name, uid }] }
      const call = drivers.get(driver).NodePrepareResources(request, { timeoutMs: CALL_TIMEOUT_MS })
      const result = resultFor(claim, "NodePrepareResources", (await saying("NodePrepareResources", call)).claims)
      prepared[driver] = (result.devices ?? []).map(
        ({ requestNames = [], poolName = "", deviceName = "", cdiDeviceIds = [], shareId }) => ({
          requestNames,
          poolName,
          deviceName,
          cdiDeviceIds,
          ...(shareId !== undefined && { shareId }),
        }),
      )
    }
    return { ...claim, drivers: prepared, isPrepared: true }
  }

  async function unprepare(claim: PreparedClaim): Promise<void> {
    const { namespace, name, uid } = claim
    for (const driver of Object.keys(claim.drivers)) {
      const request = { claims: [{ namespace, name, uid }] }
      const call = drivers.get(driver).NodeUnprepareResources(request, { timeoutMs: CALL_TIMEOUT_MS })
      resultFor(claim, "NodeUnprepareResources", (await saying("NodeUnprepareResources", call)).claims)
    }
    claims.delete(claim)
  }
}

function resultFor<R extends { readonly error?: string }>(
  { name, uid }: PreparedClaim,
  call: string,
  results: Readonly<Record<string, R>> = {},
): R {
  const unknown = Object.keys(results).find((key) => key !== uid)
  if (unknown !== undefined) throw new Error(`${call} returned result for unknown claim UID ${unknown}`)
  const result = results[uid]
  if (result === undefined) throw new Error(`${call} skipped 1 ResourceClaims`)
  if (result.error) throw new Error(`${call} failed for ResourceClaim ${name}: ${result.error}`)
  return result
}

async function saying<T>(call: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new Error(`${call}: ${messageOf(error)}`, { cause: error })
  }
}
