import { DaemonSet } from "../../../api/apps/v1/daemon-set.ts"
import { Deployment } from "../../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../../api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../../api/apps/v1/stateful-set.ts"
import { CronJob } from "../../../api/batch/v1/cron-job.ts"
import { Job } from "../../../api/batch/v1/job.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import type { PodSpec } from "../../../api/core/v1/pod-spec.ts"
import { PodTemplate } from "../../../api/core/v1/pod-template.ts"
import { ReplicationController } from "../../../api/core/v1/replication-controller.ts"
import { formatFieldError } from "../../../machinery/field/error.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { forbidden, internalError, invalid } from "../../../machinery/status/errors.ts"
import type { Platform } from "../../../platform/platform.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { type Subject, subjectOf } from "../pod-security/check.ts"
import { describeFindings, evaluate } from "../pod-security/evaluate.ts"
import { warningsOfExistingPods } from "../pod-security/existing-pods.ts"
import {
  formatLevel,
  isFullyPrivileged,
  isSameLevel,
  isStricter,
  type LevelVersion,
  type Policy,
  PRIVILEGED,
  policyOf,
} from "../pod-security/policy.ts"
import type { PodSecuritySettings } from "../pod-security/settings.ts"

const ANNOTATION = "pod-security.kubernetes.io/"

/**
 * Holds pods to the level of the Pod Security Standards that their namespace asks for, and warns about controllers
 * whose pods would not be let in. https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export function podSecurity(
  reader: ObjectReader,
  { clock }: Pick<Platform, "clock">,
  settings: PodSecuritySettings = { defaults: PRIVILEGED, exempt: NOBODY },
): AdmissionPlugin {
  return {
    name: "PodSecurity",
    resources: [Namespace, Pod, CronJob, ...TEMPLATES],
    validate: (request) => {
      if (request.operation !== "CREATE" && request.operation !== "UPDATE") return
      if (isResource(request, Namespace)) return validateNamespace(reader, clock, request, settings)
      if (isResource(request, Pod)) {
        if (HARMLESS.has(request.subresource) || isExempt(request, settings)) return
        return withLabels(reader, request.namespace, (labels) => validatePod(labels, request, settings))
      }
      const template = request.subresource === "" ? templateOf(request) : undefined
      if (template?.spec === undefined || isExempt(request, settings)) return
      return withLabels(reader, request.namespace, (labels) => validateController(labels, request, template, settings))
    },
  }
}

const NOBODY: PodSecuritySettings["exempt"] = { usernames: [], namespaces: [], runtimeClasses: [] }

/** By its namespace or by who asks. */
function isExempt(request: AdmissionRequest, { exempt }: PodSecuritySettings): boolean {
  const isNamespace = exempt.namespaces.includes(request.namespace)
  if (!isNamespace && !exempt.usernames.includes(request.user.name)) return false
  request.annotate?.(`${ANNOTATION}exempt`, isNamespace ? "namespace" : "user")
  return true
}

function isExemptClass(request: AdmissionRequest, spec: PodSpec, { exempt }: PodSecuritySettings): boolean {
  if (!spec.runtimeClassName || !exempt.runtimeClasses.includes(spec.runtimeClassName)) return false
  request.annotate?.(`${ANNOTATION}exempt`, "runtimeClass")
  return true
}

/** That what the labels of a namespace say has no effect. */
function warnOfExemption(request: AdmissionRequest, policy: Policy, { defaults }: PodSecuritySettings): void {
  const modes = ["enforce", "audit", "warn"] as const
  if (isFullyPrivileged(policy) || modes.every((mode) => isSameLevel(policy[mode], defaults[mode]))) return
  const { name = "", labels = {} } = request.object?.metadata ?? {}
  const isSet = (mode: string) => ["", "-version"].some((end) => Object.hasOwn(labels, `${ANNOTATION}${mode}${end}`))
  const shown = modes.filter((mode) => policy[mode].level !== "privileged" && isSet(mode))
  const text = shown.map((mode) => `${mode}=${formatLevel(policy[mode])}`).join(", ")
  request.warn(`namespace "${name}" is exempt from Pod Security, and the policy (${text}) will be ignored`)
}

function validateNamespace(
  reader: ObjectReader,
  clock: Platform["clock"],
  request: AdmissionRequest,
  settings: PodSecuritySettings,
): void {
  if (request.subresource !== "") return
  const { name = "", labels } = request.object?.metadata ?? {}
  const { defaults } = settings
  const wanted = policyOf(labels, defaults)
  const before = request.old === undefined ? undefined : policyOf(request.old.metadata.labels, defaults)
  if (wanted.errors.length > 0 && !deepEqual(wanted.errors, before?.errors)) {
    throw invalid({ group: "", kind: "Namespace" }, name, wanted.errors)
  }
  const exempt = settings.exempt.namespaces.includes(name)
  if (before === undefined) {
    if (exempt) warnOfExemption(request, wanted.policy, settings)
    return
  }
  const [now, old] = [wanted.policy.enforce, before.policy.enforce]
  if (isSameLevel(now, old) || now.level === "privileged") return
  if (now.minor === old.minor && !isStricter(now.level, old.level)) return
  if (exempt) return warnOfExemption(request, wanted.policy, settings)
  for (const text of warningsOfExistingPods(reader.list(Pod, name), name, now, clock)) request.warn(text)
}

/** Changes that do not touch what containers may do. */
const HARMLESS = new Set(["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"])

function validatePod(labels: Labels | undefined, request: AdmissionRequest, settings: PodSecuritySettings): void {
  if (labels === undefined) throw internalError(`failed to lookup namespace ${JSON.stringify(request.namespace)}`)
  const { policy, errors } = policyOf(labels, settings.defaults)
  if (errors.length === 0 && isFullyPrivileged(policy)) {
    request.annotate?.(`${ANNOTATION}enforce-policy`, formatLevel(policy.enforce))
    return
  }
  const pod = request.object as unknown as Pod
  if (request.operation === "UPDATE" && !isSignificant(pod.spec, (request.old as Pod).spec)) return
  if (isExemptClass(request, pod.spec, settings)) return
  noteErrors(request, errors.map(formatFieldError))
  request.annotate?.(`${ANNOTATION}enforce-policy`, formatLevel(policy.enforce))
  const subject = subjectOf(pod.metadata, pod.spec)
  const findings = evaluate(policy.enforce, subject)
  noteViolations(request, policy, subject)
  if (findings.length === 0) return warnAbout(request, policy.warn, subject)
  const text = `violates PodSecurity "${formatLevel(policy.enforce)}": ${describeFindings(findings)}`
  throw forbidden({ group: "", resource: "pods" }, request.name || pod.metadata.name, text)
}

const TEMPLATES: readonly AnyResource[] = [
  PodTemplate,
  ReplicationController,
  ReplicaSet,
  Deployment,
  StatefulSet,
  DaemonSet,
  Job,
]

interface Template {
  readonly metadata?: object
  readonly spec?: PodSpec
}

/** The pods that a controller is going to make. */
function templateOf(request: AdmissionRequest): Template | undefined {
  const object = request.object as unknown as { readonly template?: Template; readonly spec?: unknown }
  if (isResource(request, PodTemplate)) return object.template
  if (TEMPLATES.some((each) => isResource(request, each))) return (object.spec as { template?: Template }).template
  if (isResource(request, CronJob)) return (object.spec as CronJob["spec"]).jobTemplate.spec?.template
  return undefined
}

/** Controllers are never refused: their pods will be. */
function validateController(
  labels: Labels | undefined,
  request: AdmissionRequest,
  template: Template,
  settings: PodSecuritySettings,
): void {
  if (labels === undefined || template.spec === undefined) return
  const { policy, errors } = policyOf(labels, settings.defaults)
  const isSilent = policy.warn.level === "privileged" && policy.audit.level === "privileged"
  if ((errors.length === 0 && isSilent) || isExemptClass(request, template.spec, settings)) return
  noteErrors(request, errors.map(formatFieldError))
  const subject = subjectOf(template.metadata, template.spec)
  noteViolations(request, policy, subject)
  warnAbout(request, policy.warn, subject)
}

type Labels = Readonly<Record<string, string>>

/** Those of the namespace; undefined when there is none. */
function withLabels(
  reader: ObjectReader,
  namespace: string,
  then: (labels: Labels | undefined) => void,
): void | Promise<void> {
  const labelsOf = (found: Namespace | undefined) => found && (found.metadata.labels ?? {})
  const found = reader.get(Namespace, "", namespace)
  if (found !== undefined) return then(labelsOf(found))
  return reader.getFresh(Namespace, "", namespace).then((fresh) => then(labelsOf(fresh)))
}

function noteErrors(request: AdmissionRequest, errors: readonly string[]): void {
  if (errors.length > 0) request.annotate?.(`${ANNOTATION}error`, `Failed to parse policy: ${errors.join(", ")}`)
}

function noteViolations(request: AdmissionRequest, { audit }: Policy, subject: Subject): void {
  const findings = evaluate(audit, subject)
  if (findings.length === 0) return
  const text = `would violate PodSecurity "${formatLevel(audit)}": ${describeFindings(findings)}`
  request.annotate?.(`${ANNOTATION}audit-violations`, text)
}

function warnAbout(request: AdmissionRequest, level: LevelVersion, subject: Subject): void {
  const findings = evaluate(level, subject)
  if (findings.length === 0) return
  request.warn(`would violate PodSecurity "${formatLevel(level)}": ${describeFindings(findings)}`)
}

/** Only images and new containers matter; the rest of a pod that matters cannot change. */
function isSignificant(spec: PodSpec, old: PodSpec): boolean {
  const images = ({ initContainers = [], containers }: PodSpec) => [
    initContainers.length,
    ...[...initContainers, ...containers].map(({ image }) => image),
  ]
  if (!deepEqual(images(spec), images(old))) return true
  return (spec.ephemeralContainers ?? []).some((container) => {
    const before = old.ephemeralContainers?.find(({ name }) => name === container.name)
    return before?.image !== container.image
  })
}
