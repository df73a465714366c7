import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { httpHeaderName } from "../../../../machinery/names/identifiers.ts"
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ProbeHandler } from "../handlers.ts"
import { allOf, type Errors, NONE, nonEmpty, notNegative, OneKind, oneOf, portNumberOrName } from "./rules.ts"

/** What every probe and hook of a container must be. */

export function validateProbes(
  {
    livenessProbe,
    readinessProbe,
    startupProbe,
  }: {
    readonly livenessProbe?: Probe
    readonly readinessProbe?: Probe
    readonly startupProbe?: Probe
  },
  graceSeconds: number,
  path: FieldPath,
): Errors {
  return [
    ...validateProbe(livenessProbe, graceSeconds, path.child("livenessProbe"), onlyOnce),
    ...validateProbe(readinessProbe, graceSeconds, path.child("readinessProbe"), withoutGrace),
    ...validateProbe(startupProbe, graceSeconds, path.child("startupProbe"), onlyOnce),
  ]
}

function onlyOnce({ successThreshold }: Probe, path: FieldPath): Errors {
  return successThreshold === 1 ? NONE : [field.invalid(path.child("successThreshold"), successThreshold, "must be 1")]
}

function withoutGrace({ terminationGracePeriodSeconds: seconds }: Probe, path: FieldPath): Errors {
  if (seconds === undefined) return NONE
  return [field.invalid(path.child("terminationGracePeriodSeconds"), seconds, "must not be set for readinessProbes")]
}

function validateProbe(
  probe: Probe | undefined,
  graceSeconds: number,
  path: FieldPath,
  also: (probe: Probe, path: FieldPath) => Errors,
): Errors {
  if (probe === undefined) return NONE
  const grace = probe.terminationGracePeriodSeconds
  return [
    ...validateHandler(probe, graceSeconds, path),
    ...notNegative(probe.initialDelaySeconds, path.child("initialDelaySeconds")),
    ...notNegative(probe.timeoutSeconds, path.child("timeoutSeconds")),
    ...notNegative(probe.periodSeconds, path.child("periodSeconds")),
    ...notNegative(probe.successThreshold, path.child("successThreshold")),
    ...notNegative(probe.failureThreshold, path.child("failureThreshold")),
    ...(grace !== undefined && grace <= 0
      ? [field.invalid(path.child("terminationGracePeriodSeconds"), grace, "must be greater than 0")]
      : NONE),
    ...also(probe, path),
  ]
}

function validateHandler(handler: ProbeHandler & LifecycleHandler, graceSeconds: number, path: FieldPath): Errors {
  const one = new OneKind("may not specify more than 1 handler type")
  const errors: FieldError[] = [
    ...one.take(handler.exec, path.child("exec"), ({ command }, at) => nonEmpty(command, at.child("command"))),
    ...one.take(handler.httpGet, path.child("httpGet"), validateHttpGet),
    ...one.take(handler.tcpSocket, path.child("tcpSocket"), ({ port }, at) => portNumberOrName(port, at.child("port"))),
    ...one.take(handler.grpc, path.child("grpc"), ({ port }, at) => portNumberOrName(port, at.child("port"))),
    ...one.take(handler.sleep, path.child("sleep"), ({ seconds }, at) => {
      if (seconds >= 0 && seconds <= graceSeconds) return NONE
      const why = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`
      return [field.invalid(at, seconds, why)]
    }),
  ]
  if (one.none) errors.push(field.required(path, "must specify a handler type"))
  return errors
}

function validateHttpGet({ path: url, port, scheme, httpHeaders = [] }: HTTPGetAction, path: FieldPath): Errors {
  return [
    ...nonEmpty(url, path.child("path")),
    ...portNumberOrName(port, path.child("port")),
    ...oneOf(scheme, ["HTTP", "HTTPS"], path.child("scheme")),
    ...httpHeaders.flatMap(({ name }) => allOf(httpHeaderName(name), name, path.child("httpHeaders"))),
  ]
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, graceSeconds: number, path: FieldPath): Errors {
  const { postStart, preStop } = lifecycle ?? {}
  return [
    ...(postStart === undefined ? NONE : validateHandler(postStart, graceSeconds, path.child("postStart"))),
    ...(preStop === undefined ? NONE : validateHandler(preStop, graceSeconds, path.child("preStop"))),
  ]
}
