import { APIGroup, APIGroupList, APIVersions } from "../meta/discovery.ts"
import type { AnyResource } from "../schema/resource.ts"
import { definitions } from "./definitions.ts"
import { type JsonSchema, reference } from "./dialect.ts"
import { discoveryOperation, type Operation, operationsOf } from "./operations.ts"
import { type Parameter, pathParameters } from "./parameters.ts"
import { answerText, byPath, definitionsUsed, othersUsed } from "./paths.ts"

/**
 * The OpenAPI v2 document of all served resources. `known` has also the kinds that only subresources take and return;
 * `version` is that of the server.
 */
export function openapiV2(
  resources: readonly AnyResource[],
  known: readonly AnyResource[] = resources,
  version = "unversioned",
): JsonSchema {
  const groupVersions = new Map(resources.map((resource) => [resource.apiVersion, resource]))
  const operations = [
    ...[...groupVersions.values()].map(discoveryOperation),
    ...resources.flatMap((resource) => operationsOf(resource, known)),
  ]
  const discovery = [APIGroup, APIGroupList, APIVersions].map(({ name }) => name)
  const used = new Set([...definitionsUsed(operations), ...discovery])
  const defined = [...resources, ...othersUsed(used, resources, known)]
  // Each parameter is described once; operations refer to it.
  const shared = new Map<string, JsonSchema>()
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version },
    paths: byPath(operations, (all, path) => ({
      ...Object.fromEntries(all.map((operation) => [operation.method, describe(operation, shared)])),
      ...(path.includes("{") ? { parameters: pathParameters(path).map((one) => sharedParameter(one, shared)) } : {}),
    })),
    definitions: definitions("v2", { resources: defined, known, used }),
    parameters: Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1))),
    securityDefinitions: {
      BearerToken: { description: "A bearer token.", type: "apiKey", name: "authorization", in: "header" },
    },
    security: [{ BearerToken: [] }],
  }
}

function describe(operation: Operation, shared: Map<string, JsonSchema>): JsonSchema {
  const { id, doc, tag, action, gvk, query, body, mediaTypes } = operation
  const parameters = [
    ...(body === undefined ? [] : [bodyParameter(body)]),
    ...query.map((one) => sharedParameter(one, shared)),
  ]
  return {
    consumes: body?.mediaTypes ?? ["*/*"],
    description: doc,
    operationId: id,
    ...(parameters.length === 0 ? {} : { parameters }),
    produces: mediaTypes,
    responses: responses(operation),
    schemes: ["https"],
    tags: [tag],
    ...(action === undefined ? {} : { "x-kubernetes-action": action }),
    ...(gvk === undefined ? {} : { "x-kubernetes-group-version-kind": gvk }),
  }
}

function bodyParameter({ definition, required }: NonNullable<Operation["body"]>): JsonSchema {
  return {
    in: "body",
    name: "body",
    ...(required ? { required: true } : {}),
    schema: reference("v2", definition),
  }
}

/** Old clients look for it where it is used, and do not follow references. */
const NEVER_SHARED = "dryRun"

/** Parameters of one name can differ in their words, as `path` does; the place tells them apart. */
function sharedParameter(one: Parameter, shared: Map<string, JsonSchema>): JsonSchema {
  if (one.name === NEVER_SHARED) return plainParameter(one)
  const key = `${one.name}-${one.in}`
  if (!shared.has(key)) shared.set(key, plainParameter(one))
  return { $ref: `#/parameters/${key}` }
}

function plainParameter({ name, in: place, doc, type }: Parameter): JsonSchema {
  return {
    description: doc,
    in: place,
    name,
    ...(place === "path" ? { required: true } : {}),
    type,
    uniqueItems: true,
  }
}

function responses({ answers }: Operation): JsonSchema {
  const found: JsonSchema = {}
  for (const [code, definition] of answers) {
    const schema = definition === undefined ? { type: "string" } : reference("v2", definition)
    found[code] = { description: answerText(code), schema }
  }
  return { ...found, 401: { description: answerText(401) } }
}
