import type { Activation } from "../../../machinery/cel/activation.ts"
import { AccessSession } from "../../../machinery/cel/kubernetes/access.ts"
import { type AdmissionInput, admissionActivation } from "../../../machinery/cel/kubernetes/admission-environment.ts"
import {
  type AdmissionExpression,
  type AdmissionResult,
  AdmissionVariableValues,
  type CostBudget,
  evaluateAdmissionExpression,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import type { EvaluationTime } from "../../../machinery/cel/kubernetes/evaluation-time.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import type { Authorizer, RequestInfo } from "../../call.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { requestObject, type Seen, type Sent } from "./seen.ts"

/** What expressions see of one request. */
export interface Situation {
  readonly request: AdmissionRequest
  readonly sent: Sent
  readonly seen: Seen
  readonly namespaceObject: object | undefined
  readonly params: KubeObject | undefined
  readonly session: AccessSession
  /** What all expressions about the request share. */
  readonly time: EvaluationTime
}

export type Variables = ReadonlyMap<string, AdmissionExpression>
const NO_VARIABLES: Variables = new Map()

/** Evaluates expressions about one request; what they have in common is computed once. */
export class Evaluation {
  readonly #activation: Activation
  readonly #variables: AdmissionVariableValues
  readonly #time: EvaluationTime

  constructor(situation: Situation, variables: Variables = NO_VARIABLES) {
    this.#activation = admissionActivation(inputOf(situation), () => this.#variables)
    this.#variables = new AdmissionVariableValues(variables, this.#activation, situation.time)
    this.#time = situation.time
  }

  /** Throws `OutOfBudgetError`. */
  evaluate(expression: AdmissionExpression, budget: CostBudget): AdmissionResult {
    return evaluateAdmissionExpression(expression, this.#activation, this.#time, budget, this.#variables)
  }
}

function inputOf({ request, sent, seen, namespaceObject, params, session }: Situation): AdmissionInput {
  const { resource } = seen
  const { subresource, namespace, name, user } = request
  return {
    object: seen.object,
    oldObject: seen.old,
    request: requestObject(request, sent, seen),
    namespaceObject,
    params,
    access: { session, user, resource: { ...resource, subresource, namespace, name } },
  }
}

/** The questions that expressions about one request ask the authorizer; each is asked once. */
export function accessSession(authorizer: Authorizer): AccessSession {
  return new AccessSession(async (question) => {
    const { user, verb } = question
    const info: RequestInfo =
      question.type === "path"
        ? { ...NOTHING, isResource: false, path: question.path, verb }
        : { ...NOTHING, ...withoutType(question), isResource: true, version: "*", verb }
    const { allowed, reason } = await authorizer.authorize(user, info)
    return { allowed, reason }
  })
}

const NOTHING: RequestInfo = {
  isResource: false,
  path: "",
  verb: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  rest: "",
}

type ResourceQuestion = Extract<Parameters<AccessSession["ask"]>[0], { readonly type: "resource" }>

function withoutType({ group, resource, subresource, namespace, name, fieldSelector }: ResourceQuestion) {
  return { group, resource, subresource, namespace, name, ...(fieldSelector !== undefined && { fieldSelector }) }
}

/** The fields of a namespace that expressions may use. */
export function namespaceView({ metadata, spec, status }: KubeObject & { spec?: unknown; status?: unknown }): object {
  const { name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata
  const { deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, finalizers } = metadata
  const shown = { name, generateName, namespace, uid, resourceVersion, generation, creationTimestamp }
  const rest = { deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, finalizers }
  const present = Object.entries({ ...shown, ...rest }).filter(([, value]) => value !== undefined)
  return { metadata: Object.fromEntries(present), spec: spec ?? {}, status: status ?? {} }
}
