import { FieldPath } from "../../../machinery/field/path.ts"
import { quote } from "../../../machinery/field/quote.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { dns1123Label } from "../../../machinery/names/dns.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import { parseQuantity, quantityMilliValue } from "../../../machinery/quantity/quantity.ts"
import type { PodAffinity } from "./affinity.ts"
import { APPARMOR_ANNOTATION, annotatedProfile } from "./apparmor-annotations.ts"
import type { Container } from "./container.ts"
import { DEPRECATED_NODE_LABELS, DEPRECATED_POD_ANNOTATIONS, REMOVED_VOLUMES } from "./deprecated-names.ts"
import type { NodeSelectorTerm } from "./node-selector.ts"
import type { PodSpec } from "./pod-spec.ts"
import { warnAboutPorts } from "./port-warnings.ts"
import { containersOf } from "./validation/all-containers.ts"

/** What is accepted in a pod or template but is hardly meant, in Kubernetes' words. */

interface Templated {
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
}
type Warnings = readonly string[]

/** Only on creation: hardly any person updates pods. */
export function podWarnings(pod: Templated, old: Templated | undefined): Warnings {
  if (old !== undefined) return []
  return [...nameWarning(pod.metadata, "the Pod's hostname"), ...warnAboutTemplate(pod, FieldPath.root())]
}

/** For kinds that make pods from a template. */
export function templateWarnings(
  object: { readonly metadata: ObjectMeta; readonly spec: { readonly template?: Templated } },
  old: { readonly metadata: ObjectMeta } | undefined,
): Warnings {
  const { template } = object.spec
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return []
  return [
    ...(old === undefined ? nameWarning(object.metadata, "Pod names and hostnames") : []),
    ...(template === undefined ? [] : warnAboutTemplate(template, FieldPath.root("spec", "template"))),
  ]
}

/** `use`: where the name ends up. */
export function nameWarning({ name = "" }: ObjectMeta, use: string): Warnings {
  const problems = dns1123Label(name)
  if (problems.length === 0) return []
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`,
  ]
}

export function warnAboutTemplate({ metadata, spec }: Templated, path: FieldPath): Warnings {
  const at = path.child("spec")
  const annotations = path.child("metadata").child("annotations")
  return [
    ...warnAboutPlacement(spec, at),
    ...warnAboutAnnotations(metadata, annotations),
    ...warnAboutVolumes(spec, at.child("volumes")),
    ...repeated(spec.hostAliases, at.child("hostAliases"), "ip"),
    ...repeated(spec.imagePullSecrets, at.child("imagePullSecrets"), "name"),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      name ? [] : [`${at.child("imagePullSecrets").index(index).child("name")}: invalid empty name ""`],
    ),
    ...warnAboutFractions(spec.overhead, at.child("overhead")),
    ...(metadata.annotations === undefined ? [] : warnAboutProfiles(metadata.annotations, spec, annotations)),
    ...containersOf(spec, at).flatMap(({ container, at: where }) => warnAboutContainer(container, where)),
    ...warnAboutPorts(spec, at),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [
          `${at.child("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...warnAboutAffinity(spec.affinity?.podAffinity, at.child("affinity").child("podAffinity")),
    ...warnAboutAffinity(spec.affinity?.podAntiAffinity, at.child("affinity").child("podAntiAffinity")),
  ]
}

function warnAboutAnnotations({ annotations }: ObjectMeta, path: FieldPath): Warnings {
  if (annotations === undefined) return []
  return [...DEPRECATED_POD_ANNOTATIONS]
    .filter(([key]) => annotations[key] !== undefined)
    .map(([key, why]) => `${path.key(key)}: ${why}`)
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
const NO_SELECTOR = "a null labelSelector results in matching no pod"

function warnAboutPlacement(spec: PodSpec, path: FieldPath): Warnings {
  if (!spec.affinity && !spec.nodeSelector && !spec.topologySpreadConstraints) return []
  const node = spec.affinity?.nodeAffinity
  const at = path.child("affinity").child("nodeAffinity")
  const terms: readonly (readonly [NodeSelectorTerm, FieldPath])[] = [
    ...(node?.[REQUIRED]?.nodeSelectorTerms ?? []).map(
      (term, index) => [term, at.child(REQUIRED).child("nodeSelectorTerms").index(index)] as const,
    ),
    ...(node?.[PREFERRED] ?? []).map(
      ({ preference }, index) => [preference, at.child(PREFERRED).index(index).child("preference")] as const,
    ),
  ]
  const old = (key: string) => DEPRECATED_NODE_LABELS.get(key)
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) =>
      old(key) === undefined ? [] : [`${path.child("nodeSelector").key(key)}: ${old(key)}`],
    ),
    ...terms.flatMap(([term, where]) =>
      (term.matchExpressions ?? []).flatMap(({ key }, index) =>
        old(key) === undefined
          ? []
          : [`${where.child("matchExpressions").index(index).child("key")}: ${key} is ${old(key)}`],
      ),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const where = path.child("topologySpreadConstraints").index(index)
      const why = old(topologyKey)
      return [
        ...(why === undefined ? [] : [`${where.child("topologyKey")}: ${topologyKey} is ${why}`]),
        ...(labelSelector === undefined ? [`${where.child("labelSelector")}: ${NO_SELECTOR}`] : []),
      ]
    }),
  ]
}

function warnAboutVolumes({ volumes = [] }: PodSpec, path: FieldPath): Warnings {
  return volumes.flatMap((volume, index) => {
    const members = new Map(Object.entries(volume))
    return [...REMOVED_VOLUMES]
      .filter(([member]) => members.get(member) !== undefined)
      .map(([member, why]) => `${path.index(index).child(member === "storageos" ? "storageOS" : member)}: ${why}`)
  })
}

function repeated<K extends string>(
  items: readonly { readonly [P in K]?: string }[] | undefined,
  path: FieldPath,
  member: K,
): Warnings {
  const seen = new Set<string>()
  return (items ?? []).flatMap((item, index) => {
    const value: string = item[member] ?? ""
    if (seen.has(value)) return [`${path.index(index).child(member)}: duplicate ${member} ${quote(value)}`]
    seen.add(value)
    return []
  })
}

function warnAboutFractions(list: Readonly<Record<string, string>> | undefined, path: FieldPath): Warnings {
  return ["memory", "ephemeral-storage"].flatMap((name) => {
    const amount = list?.[name]
    if (amount === undefined || quantityMilliValue(parseQuantity(amount)) % 1000 === 0) return []
    return [`${path.key(name)}: fractional byte value ${quote(amount)} is invalid, must be an integer`]
  })
}

const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"

function warnAboutProfiles(annotations: Readonly<Record<string, string>>, spec: PodSpec, path: FieldPath): Warnings {
  const all = containersOf(spec, path).map(({ container }) => container)
  const seccomp = (key: string) => `${path.key(key)}: non-functional in v1.27+; use the "seccompProfile" field instead`
  const ofPod = annotations[SECCOMP_POD] !== undefined && spec.securityContext.seccompProfile === undefined
  return [
    ...(ofPod ? [seccomp(SECCOMP_POD)] : []),
    ...all
      .filter(({ securityContext }) => securityContext?.seccompProfile === undefined)
      .map(({ name }) => SECCOMP_CONTAINER + name)
      .filter((key) => annotations[key] !== undefined)
      .map(seccomp),
    // The field may be a copy of the annotation by now, so both together are warned about as well.
    ...all
      .map(({ name }) => APPARMOR_ANNOTATION + name)
      .filter((key) => annotations[key] !== undefined)
      .filter((key) => !deepEqual(annotatedProfile(annotations[key] ?? ""), spec.securityContext.appArmorProfile))
      .map((key) => `${path.key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`),
  ]
}

function warnAboutContainer({ resources, env = [] }: Container, path: FieldPath): Warnings {
  const at = path.child("resources")
  const seen = new Set<string>()
  return [
    ...warnAboutFractions(resources.limits, at.child("limits")),
    ...warnAboutFractions(resources.requests, at.child("requests")),
    ...env.flatMap(({ name, value = "", valueFrom }, index) => {
      const reference = `$(${name})`
      // A later value may build on the earlier one: PATH=$(PATH):/more.
      const hides = valueFrom !== undefined || value === reference || !value.includes(reference)
      if (!seen.has(name)) seen.add(name)
      else if (hides) {
        const why = `hides previous definition of ${quote(name)}, which may be dropped when using apply`
        return [`${path.child("env").index(index)}: ${why}`]
      }
      return []
    }),
  ]
}

function warnAboutAffinity(affinity: PodAffinity | undefined, path: FieldPath): Warnings {
  const required = (affinity?.[REQUIRED] ?? []).flatMap(({ labelSelector }, index) =>
    labelSelector === undefined ? [path.child(REQUIRED).index(index)] : [],
  )
  const preferred = (affinity?.[PREFERRED] ?? []).flatMap(({ podAffinityTerm }, index) =>
    podAffinityTerm.labelSelector === undefined ? [path.child(PREFERRED).index(index).child("podAffinityTerm")] : [],
  )
  return [...required, ...preferred].map((at) => `${at.child("labelSelector")}: ${NO_SELECTOR}`)
}
