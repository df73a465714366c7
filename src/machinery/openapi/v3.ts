import type { AnyResource } from "../schema/resource.ts"
import { definitions } from "./definitions.ts"
import { type JsonSchema, reference } from "./dialect.ts"
import { discoveryOperation, type Operation, operationsOf } from "./operations.ts"
import { type Parameter, pathParameters } from "./parameters.ts"
import { answerText, byPath, definitionsUsed, othersUsed } from "./paths.ts"

/**
 * The OpenAPI v3 document of one group and version. `known` are all served resources: the kinds of other groups that
 * subresources take are looked up there. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 */
export function openapiV3(resources: readonly AnyResource[], known: readonly AnyResource[] = resources): JsonSchema {
  const [first] = resources
  const operations = [
    ...(first === undefined ? [] : [discoveryOperation(first)]),
    ...resources.flatMap((resource) => operationsOf(resource, known)),
  ]
  const used = definitionsUsed(operations)
  const defined = [...resources, ...othersUsed(used, resources, known)]
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: byPath(operations, (all, path) => ({
      ...Object.fromEntries(all.map((operation) => [operation.method, describe(operation)])),
      ...(path.includes("{") ? { parameters: pathParameters(path).map(parameter) } : {}),
    })),
    components: {
      schemas: definitions("v3", { resources: defined, known, used }),
      securitySchemes: {
        BearerToken: {
          description: "A bearer token.",
          type: "apiKey",
          name: "authorization",
          in: "header",
        },
      },
    },
  }
}

function describe(operation: Operation): JsonSchema {
  const { id, doc, tag, action, gvk, query, body } = operation
  return {
    tags: [tag],
    description: doc,
    operationId: id,
    ...(query.length === 0 ? {} : { parameters: query.map(parameter) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(body.mediaTypes, reference("v3", body.definition)),
            ...(body.required ? { required: true } : {}),
          },
        }),
    responses: responses(operation),
    ...(action === undefined ? {} : { "x-kubernetes-action": action }),
    ...(gvk === undefined ? {} : { "x-kubernetes-group-version-kind": gvk }),
  }
}

function parameter({ name, in: place, type, doc }: Parameter): JsonSchema {
  return {
    name,
    in: place,
    description: doc,
    ...(place === "path" ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  }
}

function responses({ answers, mediaTypes }: Operation): JsonSchema {
  const found: JsonSchema = {}
  for (const [code, definition] of answers) {
    const schema = definition === undefined ? { type: "string" } : reference("v3", definition)
    found[code] = { description: answerText(code), content: content(mediaTypes, schema) }
  }
  return { ...found, 401: { description: answerText(401) } }
}

function content(mediaTypes: readonly string[], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema }]))
}
