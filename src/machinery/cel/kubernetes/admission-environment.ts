import { type Activation, activationOf } from "../activation.ts"
import type { TypeProvider } from "../declarations.ts"
import type { CelEnvironment } from "../environment.ts"
import { jsonToCel } from "../json/json-value.ts"
import { type CelType, dynType, objectType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import type { AccessSession, AccessUser } from "./access.ts"
import { admissionNamespaceType, admissionRequestType } from "./admission-types.ts"
import { authorizerType, CelAuthorizer, requestResourceCheck, resourceCheckType } from "./authorizer.ts"
import { type DeclaredType, typeProviderOf } from "./declared-type.ts"
import { kubernetesEnvironment } from "./environment.ts"
import { jsonPatchLibrary } from "./json-patch.ts"
import { mutationTypes } from "./mutation-objects.ts"

export const variablesType = objectType("kubernetes.variables")

/** Types of `variables.name`, by name. Expressions compiled later see what was added before. */
export type VariableTypes = ReadonlyMap<string, CelType>

export interface AdmissionVariables {
  /** Whether there is `params`. */
  readonly hasParams?: boolean
  /** Whether there are `authorizer` and `authorizer.requestResource`. */
  readonly hasAuthorizer?: boolean
  /** Whether expressions may make `Object{}` and `JSONPatch{}`, for mutations. */
  readonly hasPatchTypes?: boolean
  /** Whether there is `variables`, with these fields. */
  readonly variables?: VariableTypes
  /** What `object` and `oldObject` are, for type checking; dyn, which is not checked, otherwise. */
  readonly object?: DeclaredType
  /** What `params` are, likewise. */
  readonly params?: DeclaredType
}

/** For admission policies and match conditions: object, oldObject, request, namespaceObject and what else is said. */
export function admissionEnvironment(options: AdmissionVariables): CelEnvironment {
  const { hasParams = false, hasAuthorizer = false, hasPatchTypes = false, variables, object, params } = options
  const declared = [admissionRequestType, admissionNamespaceType, object, params].filter((one) => one !== undefined)
  const providers: TypeProvider[] = [typeProviderOf(...declared)]
  if (variables !== undefined) providers.push(variableTypes(variables))
  if (hasPatchTypes) providers.push(mutationTypes)
  return kubernetesEnvironment().extend({
    libraries: hasPatchTypes ? [jsonPatchLibrary] : [],
    typeProviders: providers,
    variables: [
      { name: "object", type: object?.type ?? dynType },
      { name: "oldObject", type: object?.type ?? dynType },
      { name: "request", type: admissionRequestType.type },
      { name: "namespaceObject", type: admissionNamespaceType.type },
      ...(hasParams ? [{ name: "params", type: params?.type ?? dynType }] : []),
      ...(hasAuthorizer ? [{ name: "authorizer", type: authorizerType }] : []),
      ...(hasAuthorizer ? [{ name: "authorizer.requestResource", type: resourceCheckType }] : []),
      ...(variables === undefined ? [] : [{ name: "variables", type: variablesType }]),
    ],
  })
}

function variableTypes(variables: VariableTypes): TypeProvider {
  return {
    findType: (name) => (name === variablesType.name ? variablesType : undefined),
    findField: (typeName, field) => {
      const type = typeName === variablesType.name ? variables.get(field) : undefined
      return type && { type }
    },
  }
}

/** What the request is about, for `authorizer.requestResource`. */
export interface RequestResource {
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty on creation with a generated name. */
  readonly name: string
}

/** Plain JSON data; undefined and null are both null to expressions. */
export interface AdmissionInput {
  readonly object: unknown
  readonly oldObject: unknown
  /** As an AdmissionRequest of `admission.k8s.io/v1`, without uid and objects. */
  readonly request: unknown
  readonly namespaceObject: unknown
  readonly params?: unknown
  /** Who asks through `authorizer`, and about what; absent when the environment has none. */
  readonly access?: { readonly session: AccessSession; readonly user: AccessUser; readonly resource: RequestResource }
}

/** The values of the variables. `variables` gives those that the policy defines. */
export function admissionActivation(input: AdmissionInput, variables?: (self: Activation) => CelValue): Activation {
  const json = (value: unknown) => (): CelResult => jsonToCel(value ?? null)
  const { access } = input
  const authorizer = access && new CelAuthorizer(access.session, access.user)
  const values: (readonly [string, CelValue | (() => CelResult)])[] = [
    ["object", json(input.object)],
    ["oldObject", json(input.oldObject)],
    ["request", json(input.request)],
    ["namespaceObject", json(input.namespaceObject)],
    ["params", json(input.params)],
  ]
  if (access !== undefined && authorizer !== undefined) {
    values.push(["authorizer", authorizer])
    values.push(["authorizer.requestResource", requestResourceCheck(authorizer, access.resource)])
  }
  if (variables !== undefined) values.push(["variables", () => variables(activation)])
  const activation = activationOf(values)
  return activation
}
