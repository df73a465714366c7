import { timestampType } from "../types.ts"
import {
  type DeclaredType,
  declaredBool,
  declaredDyn,
  declaredInt,
  declaredString,
  listType,
  mapType,
  NO_LIMIT,
  simpleType,
  structType,
} from "./declared-type.ts"

const texts = listType(declaredString, NO_LIMIT)
const textMap = mapType(declaredString, NO_LIMIT)
const time = simpleType(timestampType, 12)

function struct(name: string, fields: Readonly<Record<string, DeclaredType>>): DeclaredType {
  return structType(`kubernetes.${name}`, new Map(Object.entries(fields)))
}

const kind = struct("GroupVersionKind", { group: declaredString, version: declaredString, kind: declaredString })
const resource = struct("GroupVersionResource", {
  group: declaredString,
  version: declaredString,
  resource: declaredString,
})

/** Who asks. */
export const userInfoType = struct("UserInfo", {
  username: declaredString,
  uid: declaredString,
  groups: texts,
  extra: mapType(texts, NO_LIMIT),
})

/** The variable `request`; `uid`, `object` and `oldObject` of the review are not part of it. */
export const admissionRequestType = struct("AdmissionRequest", {
  kind,
  resource,
  subResource: declaredString,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: declaredString,
  name: declaredString,
  namespace: declaredString,
  operation: declaredString,
  userInfo: userInfoType,
  dryRun: declaredBool,
  options: declaredDyn,
})

const namespaceMetadata = struct("NamespaceMetadata", {
  name: declaredString,
  generateName: declaredString,
  namespace: declaredString,
  labels: textMap,
  annotations: textMap,
  UID: declaredString,
  creationTimestamp: time,
  deletionGracePeriodSeconds: declaredInt,
  deletionTimestamp: time,
  generation: declaredInt,
  resourceVersion: declaredString,
  finalizers: texts,
})

const namespaceCondition = struct("NamespaceCondition", {
  status: declaredString,
  type: declaredString,
  lastTransitionTime: time,
  message: declaredString,
  reason: declaredString,
})

/** The variable `namespaceObject`. */
export const admissionNamespaceType = struct("Namespace", {
  metadata: namespaceMetadata,
  spec: struct("NamespaceSpec", { finalizers: texts }),
  status: struct("NamespaceStatus", { conditions: listType(namespaceCondition, NO_LIMIT), phase: declaredString }),
})
