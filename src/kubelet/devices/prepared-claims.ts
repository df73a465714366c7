import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"

/** A device that a driver has prepared. */
export interface PreparedDevice {
  readonly requestNames: readonly string[]
  readonly poolName: string
  readonly deviceName: string
  /** Of a device that several claims share. */
  readonly shareId?: string
  readonly cdiDeviceIds: readonly string[]
}

/** A claim whose devices are, or are about to be, on this node. */
export interface PreparedClaim {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Pods of this node that use it, by uid. */
  readonly pods: readonly string[]
  /** What each driver has prepared; empty until it has. */
  readonly drivers: Readonly<Record<string, readonly PreparedDevice[]>>
  readonly isPrepared: boolean
}

/** On disk, so that an agent that restarts knows what drivers hold for its pods. */
export interface PreparedClaims {
  get(namespace: string, name: string): PreparedClaim | undefined
  list(): readonly PreparedClaim[]
  /** Throws when it cannot be written. */
  set(claim: PreparedClaim): void
  delete(claim: PreparedClaim): void
}

export function openPreparedClaims(path: string, { log }: Pick<Platform, "log">): PreparedClaims {
  const claims = new Map(load(path, log).map((claim) => [keyOf(claim.namespace, claim.name), claim]))
  const save = () => {
    mkdirSync(dirname(path), { recursive: true })
    writeAtomically(path, JSON.stringify([...claims.values()]))
  }
  return {
    get: (namespace, name) => claims.get(keyOf(namespace, name)),
    list: () => [...claims.values()],
    set(claim) {
      claims.set(keyOf(claim.namespace, claim.name), claim)
      save()
    },
    delete(claim) {
      claims.delete(keyOf(claim.namespace, claim.name))
      save()
    },
  }
}

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`

function load(path: string, log: Platform["log"]): PreparedClaim[] {
  if (!existsSync(path)) return []
  try {
    return JSON.parse(readFileSync(path, "utf8")) as PreparedClaim[]
  } catch (error) {
    log.error("the note of prepared devices cannot be read: drivers are asked anew", { path, error })
    return []
  }
}
