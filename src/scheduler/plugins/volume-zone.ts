import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { classOfClaim } from "../../api/core/v1/volume-matching.ts"
import { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { ADD, isSame, NODE_LABEL, UPDATE, wake } from "../events.ts"
import { type PluginFactory, type PluginHost, type Rejection, rejectForGood } from "../framework.ts"
import { mentionedClaims, notFound } from "./pod-claims.ts"

const CONFLICT = rejectForGood("node(s) had no available volume zone")

/** Labels of volumes and nodes, and what nodes may call the same today. */
const TOPOLOGY_LABELS: ReadonlyMap<string, string> = new Map([
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
  ["topology.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["topology.kubernetes.io/region", "topology.kubernetes.io/region"],
])
/** Between the zones of a volume that has several. */
const DELIMITER = "__"

interface Topology {
  readonly key: string
  readonly values: ReadonlySet<string>
}

/** Brings pods into the zone of their volumes, by the volumes' labels. */
export const volumeZone: PluginFactory = (host) => {
  const topologies = topologyReader(host)
  return {
    name: "VolumeZone",
    preFilter: (pod) => {
      const wanted = topologies(pod)
      if ("reasons" in wanted) return wanted
      if (wanted.length === 0) return undefined
      return {
        filter: ({ node }) => {
          const labels = new Map(Object.entries(node.metadata.labels ?? {}))
          // A cluster in one place may have no such labels at all.
          if (![...TOPOLOGY_LABELS.keys()].some((key) => labels.has(key))) return undefined
          const fits = wanted.every(({ key, values }) => {
            const value = labels.get(key) ?? labels.get(TOPOLOGY_LABELS.get(key) ?? key)
            return value !== undefined && values.has(value)
          })
          return fits ? undefined : CONFLICT
        },
      }
    },
    wakesOn: [
      wake(StorageClass, ADD, (_, { object }) => object?.volumeBindingMode === "WaitForFirstConsumer"),
      wake(Node, ADD | NODE_LABEL),
      wake(PersistentVolumeClaim, ADD | UPDATE, (pod, { object: claim }) => {
        if (claim === undefined || claim.metadata.namespace !== pod.metadata.namespace) return false
        return mentionedClaims(pod).includes(claim.metadata.name)
      }),
      wake(PersistentVolume, ADD | UPDATE, (_, { object, previous }) => {
        if (object === undefined || previous === undefined) return true
        return !isSame(labelsOf(object), labelsOf(previous))
      }),
    ],
  }
}

function topologyReader({ informer }: PluginHost): (pod: Pod) => readonly Topology[] | Rejection {
  const claims = informer(PersistentVolumeClaim)
  const volumes = informer(PersistentVolume)
  const classes = informer(StorageClass)
  return (pod) => {
    const found: Topology[] = []
    for (const name of mentionedClaims(pod)) {
      const claim = claims.get(`${pod.metadata.namespace}/${name}`)
      if (claim === undefined) return rejectForGood(notFound("persistentvolumeclaim", name))
      const { volumeName = "" } = claim.spec
      if (volumeName === "") {
        const className = classOfClaim(claim)
        if (className === "") return rejectForGood("PersistentVolumeClaim had no pv name and storageClass name")
        const storageClass = classes.get(className)
        if (storageClass === undefined) return rejectForGood(notFound("storageclass.storage.k8s.io", className))
        if (storageClass.volumeBindingMode === "WaitForFirstConsumer") continue
        return rejectForGood("PersistentVolume had no name")
      }
      const volume = volumes.get(volumeName)
      if (volume === undefined) return rejectForGood(notFound("persistentvolume", volumeName))
      found.push(...topologiesOf(volume))
    }
    return found
  }
}

function labelsOf({ metadata }: PersistentVolume): Record<string, string | undefined> {
  return Object.fromEntries([...TOPOLOGY_LABELS.keys()].map((key) => [key, metadata.labels?.[key]]))
}

function topologiesOf(volume: PersistentVolume): Topology[] {
  return Object.entries(labelsOf(volume)).flatMap(([key, text]) => {
    const values = text?.split(DELIMITER).map((value) => value.trim())
    // What cannot be read says nothing.
    return values === undefined || values.includes("") ? [] : [{ key, values: new Set(values) }]
  })
}
