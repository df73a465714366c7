import { ResourceClaim, type ResourceClaimStatus } from "../../../api/resource/v1/resource-claim.ts"
import * as field from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import { invalid, notAuthorized } from "../../../machinery/status/errors.ts"
import type { StatusError } from "../../../machinery/status/status-error.ts"
import type { Authorizer, UserInfo } from "../../call.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource } from "../plugin.ts"

const ALLOCATION = FieldPath.root("status", "allocation")
const DEVICES = FieldPath.root("status", "devices")
const BINDING = "changing status.allocation or status.reservedFor"
const NODE_NAME_KEY = "authentication.kubernetes.io/node-name"

/**
 * The parts of a claim's status belong to different writers: allocations to those who bind, the states of devices to
 * their drivers. Each part needs a right of its own, on subresources that exist only for this question. In Kubernetes
 * the kind checks it.
 */
export function resourceClaimStatus(authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: "ResourceClaimStatus",
    resources: [ResourceClaim],
    validate: async (request) => {
      const { operation, subresource } = request
      if (operation !== "UPDATE" || subresource !== "status" || !isResource(request, ResourceClaim)) return
      const { status } = request.object as unknown as ResourceClaim
      const { status: old } = request.old as unknown as ResourceClaim
      const asker = new Asker(authorizer(), request)
      const problems = [...(await bindingProblems(asker, status, old)), ...(await driverProblems(asker, status, old))]
      if (problems.length === 0) return
      const { group, kind } = request.resource
      throw invalid({ group, kind }, request.name, problems)
    },
  }
}

async function bindingProblems(asker: Asker, status: ResourceClaimStatus, old: ResourceClaimStatus) {
  const isSame =
    deepEqual(status.allocation, old.allocation) && deepEqual(status.reservedFor ?? [], old.reservedFor ?? [])
  if (isSame) return []
  const { verb } = asker
  const refusal = await asker.refusal({ verb, subresource: "binding", namespace: "", name: "" })
  return refusal ? [field.forbidden(ALLOCATION, needed(BINDING, "binding", verb, refusal))] : []
}

async function driverProblems(asker: Asker, status: ResourceClaimStatus, old: ResourceClaimStatus) {
  // Without an allocation the states of devices are dropped anyway.
  const drivers = status.allocation ? changedDrivers(status, old) : []
  const { verb: asked, user, namespace } = asker
  const verbs = [`arbitrary-node:${asked}`]
  if (isOfNode(user, nodeOf(status.allocation))) verbs.unshift(`associated-node:${asked}`)
  const problems: field.FieldError[] = []
  for (const driver of drivers) {
    const refusals: StatusError[] = []
    for (const verb of verbs) {
      const refusal = await asker.refusal({ verb, subresource: "driver", namespace, name: driver })
      if (refusal) refusals.push(refusal)
      else break
    }
    const [first] = refusals
    if (first === undefined || refusals.length < verbs.length) continue
    problems.push(field.forbidden(DEVICES, needed("changing status.devices", "driver", `[${verbs.join(" ")}]`, first)))
  }
  return problems
}

function needed(what: string, subresource: string, verb: string, { message }: StatusError): string {
  return `${what} requires resource="resourceclaims/${subresource}", verb="${verb}" permission: ${message}`
}

/** Those whose devices' states are new, changed or gone. */
function changedDrivers(status: ResourceClaimStatus, old: ResourceClaimStatus): string[] {
  const before = new Map((old.devices ?? []).map((device) => [keyOf(device), device]))
  const drivers = new Set<string>()
  for (const device of status.devices ?? []) {
    const key = keyOf(device)
    if (!deepEqual(device, before.get(key))) drivers.add(device.driver)
    before.delete(key)
  }
  for (const { driver } of before.values()) drivers.add(driver)
  return [...drivers].sort()
}

type DeviceState = NonNullable<ResourceClaimStatus["devices"]>[number]

function keyOf({ driver, pool, device, shareID = "" }: DeviceState): string {
  return JSON.stringify([driver, pool, device, shareID])
}

/** The only node that an allocation can be used on. */
function nodeOf(allocation: ResourceClaimStatus["allocation"]): string | undefined {
  const terms = allocation?.nodeSelector?.nodeSelectorTerms ?? []
  const [{ matchExpressions = [], matchFields = [] } = {}] = terms
  const [match] = matchFields
  if (terms.length !== 1 || matchExpressions.length > 0 || matchFields.length !== 1) return undefined
  if (match?.key !== "metadata.name" || match.operator !== "In" || match.values?.length !== 1) return undefined
  return match.values[0]
}

/** A service account whose token belongs to a pod on that node. */
function isOfNode({ name, extra }: UserInfo, node: string | undefined): boolean {
  if (!node || !/^system:serviceaccount:[^:]+:[^:]+$/.test(name)) return false
  const nodes = extra.get(NODE_NAME_KEY) ?? []
  return nodes.length === 1 && nodes[0] === node
}

interface Question {
  readonly verb: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

/** Asks for rights on behalf of who makes a request. */
class Asker {
  readonly verb: string
  readonly user: UserInfo
  readonly namespace: string
  readonly #authorizer: Authorizer

  constructor(authorizer: Authorizer, { verb = "update", user, namespace }: AdmissionRequest) {
    this.#authorizer = authorizer
    this.verb = verb
    this.user = user
    this.namespace = namespace
  }

  async refusal(question: Question): Promise<StatusError | undefined> {
    const { group, plural: resource, version } = ResourceClaim
    const info = { group, resource, ...question }
    const asked = { isResource: true, path: "", version, rest: "", ...info }
    const { allowed, reason = "", error } = await this.#authorizer.authorize(this.user, asked)
    if (allowed) return undefined
    const why = [error, reason].filter((part) => part !== undefined && part !== "").join(": ")
    return notAuthorized({ ...info, user: this.user.name }, why)
  }
}
