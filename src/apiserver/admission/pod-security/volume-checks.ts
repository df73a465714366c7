import type { PodSpec } from "../../../api/core/v1/pod-spec.ts"
import { type Check, plural, quoted, sortedSet } from "./check.ts"

type Volume = NonNullable<PodSpec["volumes"]>[number]

/** Volumes that are made for the pod, or granted to its namespace. */
const ALLOWED = new Set<string>([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
] satisfies readonly (keyof Volume)[])

/** A volume has one member besides its name. */
const typeOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== "name") ?? "unknown"

export const volumeChecks: readonly Check[] = [
  {
    id: "restrictedVolumes",
    level: "restricted",
    replaces: "hostPathVolumes",
    since: [
      [
        0,
        ({ spec }) => {
          const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED.has(typeOf(volume)))
          if (bad.length === 0) return undefined
          const names = `${plural(bad.length, "volume")} ${quoted(bad.map(({ name }) => name))}`
          const types = sortedSet(bad.map(typeOf))
          const what = `${plural(types.length, "restricted volume type")} ${quoted(types)}`
          const detail = `${names} ${plural(bad.length, "uses", "use")} ${what}`
          return { reason: "restricted volume types", detail }
        },
      ],
    ],
  },
]
