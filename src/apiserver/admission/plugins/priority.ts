import { Pod } from "../../../api/core/v1/pod.ts"
import { PriorityClass } from "../../../api/scheduling/v1/priority-class.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { podOf } from "./pod-request.ts"

/** A class, or what counts without any. */
interface Priority {
  readonly metadata?: { readonly name: string }
  readonly value: number
  readonly preemptionPolicy?: PriorityClass["preemptionPolicy"]
}

const NO_CLASS: Priority = { value: 0, preemptionPolicy: "PreemptLowerPriority" }

/** Resolves a pod's priority class to a number, and keeps the default class unique. */
export function priority(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "Priority",
    resources: [Pod, PriorityClass],
    mutate: (request) => {
      if (request.operation === "CREATE") return resolve(request, reader)
      if (request.operation === "UPDATE") keep(request)
      return undefined
    },
    validate: (request) => {
      const { operation, object } = request
      if (!isResource(request, PriorityClass) || (operation !== "CREATE" && operation !== "UPDATE")) return
      if (!(object as unknown as PriorityClass).globalDefault) return
      const present = defaultClass(reader)
      if (present === undefined || (operation === "UPDATE" && present.metadata.name === request.name)) return
      const { name } = present.metadata
      throw refusal(request, `PriorityClass ${name} is already marked as default. Only one default can exist`)
    },
  }
}

function resolve(request: AdmissionRequest, reader: ObjectReader): void | Promise<void> {
  const pod = podOf(request)
  if (pod === undefined) return
  const name = pod.spec.priorityClassName ?? ""
  if (name === "") return setPriority(request, pod, defaultClass(reader) ?? NO_CLASS)
  const found = reader.get(PriorityClass, "", name)
  if (found !== undefined) return setPriority(request, pod, found)
  return reader.getFresh(PriorityClass, "", name).then((fresh) => {
    if (fresh === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`)
    setPriority(request, pod, fresh)
  })
}

function setPriority(request: AdmissionRequest, { spec }: Draft<Pod>, found: Priority): void {
  if (spec.priority !== undefined && spec.priority !== found.value) {
    throw refusal(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${found.value} from the given PriorityClass name`,
    )
  }
  const className = found.metadata?.name
  if (className !== undefined) spec.priorityClassName = className
  spec.priority = found.value
  const policy = found.preemptionPolicy
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy as NonNullable<typeof spec.preemptionPolicy>
}

/** Of several, the lowest. */
function defaultClass(reader: ObjectReader): PriorityClass | undefined {
  const candidates = reader.list(PriorityClass, "").filter((each) => each.globalDefault)
  return candidates.toSorted((a, b) => a.value - b.value)[0]
}

function keep(request: AdmissionRequest): void {
  const pod = podOf(request)
  const old = request.old as unknown as typeof pod
  if (pod === undefined || old === undefined) return
  if (pod.spec.priority === undefined && old.spec.priority !== undefined) pod.spec.priority = old.spec.priority
  if (pod.spec.preemptionPolicy === undefined && old.spec.preemptionPolicy !== undefined) {
    pod.spec.preemptionPolicy = old.spec.preemptionPolicy
  }
}
