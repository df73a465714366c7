import type { PodAffinityTerm } from "../../api/core/v1/affinity.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { NewestMap } from "../../machinery/newest-map.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"

/** Where a term of pod affinity stands: whether it attracts, and whether it must hold. */
export type TermRole = "must-be-near" | "must-be-apart" | "prefers-near" | "prefers-apart"

type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>

/** One term of a pod's affinity to other pods, ready to be matched against many. */
export interface AffinityTerm {
  readonly role: TermRole
  /** The same for terms of pods of one template: they mean the same. */
  readonly key: string
  readonly topologyKey: string
  /** 1 for terms that must hold. */
  readonly weight: number
  /** Whether it looks at the labels of namespaces, which may change. */
  readonly selectsNamespaces: boolean
  readonly matches: (pod: Pod, namespaceLabels: NamespaceLabels) => boolean
}

const NONE: readonly AffinityTerm[] = []

export function affinityTermsOf(pod: Pod): readonly AffinityTerm[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  if (podAffinity === undefined && podAntiAffinity === undefined) return NONE
  const must = (role: TermRole, terms: readonly PodAffinityTerm[] = []) =>
    terms.map((term) => compile(pod, role, term, 1))
  const prefer = (role: TermRole, terms: readonly Weighted[] = []) =>
    terms.map(({ podAffinityTerm, weight }) => compile(pod, role, podAffinityTerm, weight))
  return [
    ...must("must-be-near", podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    ...must("must-be-apart", podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    ...prefer("prefers-near", podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    ...prefer("prefers-apart", podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  ]
}

interface Weighted {
  readonly weight: number
  readonly podAffinityTerm: PodAffinityTerm
}

const COMPILED_MAX = 1024
/** Compiled terms of recent pods by key: the pods of one workload share them. */
const compiled = new NewestMap<string, AffinityTerm>(COMPILED_MAX)

function compile({ metadata }: Pod, role: TermRole, term: PodAffinityTerm, weight: number): AffinityTerm {
  // Without a selector for namespaces, an empty list of them means the pod's own.
  const ownNamespace = !term.namespaces?.length && term.namespaceSelector === undefined
  const namespaces = ownNamespace ? [metadata.namespace] : (term.namespaces ?? [])
  const key = JSON.stringify([
    role,
    weight,
    term.topologyKey,
    namespaces,
    term.labelSelector ?? null,
    term.namespaceSelector ?? null,
  ])
  const known = compiled.get(key)
  if (known !== undefined) return known
  const selector = compileLabelSelector(term.labelSelector)
  const ofNamespaces = term.namespaceSelector && compileLabelSelector(term.namespaceSelector)
  const listed = new Set(namespaces)
  const made: AffinityTerm = {
    role,
    key,
    topologyKey: term.topologyKey,
    weight,
    selectsNamespaces: ofNamespaces !== undefined,
    matches: ({ metadata: { namespace, labels } }, namespaceLabels) =>
      (listed.has(namespace) || (ofNamespaces?.matches(namespaceLabels(namespace)) ?? false)) &&
      selector.matches(labels),
  }
  compiled.set(key, made)
  return made
}
