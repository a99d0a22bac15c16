/** The custom resource, as Kubernetes addresses it. */
export const group = 'vitrine.dev'
export const version = 'v1alpha1'
export const kind = 'EtlSchedule'
export const plural = 'etlschedules'
export const apiVersion = `${group}/${version}`

/** Label on everything that an EtlSchedule has made; its value is the EtlSchedule's name. */
export const scheduleLabel = `${group}/etl-schedule`

/** Annotation on an EtlSchedule: every new value asks for one run, now. */
export const runRequestedAnnotation = `${group}/run-requested-at`

/**
 * Annotation on an EtlSchedule: every new value lets the next run past the guard, once. On a Job: that it is that run,
 * with the value that it answers.
 */
export const allowRefusedRunAnnotation = `${group}/allow-refused-run`

/** Annotation on a Job that was made for a request; its value is `request`. Kubernetes marks those of a schedule. */
export const triggerAnnotation = `${group}/trigger`

/** Annotation on a CronJob: a digest of what the controller has applied. */
export const appliedAnnotation = `${group}/applied`

/** The name under which the controller owns fields in server-side apply. */
export const fieldManager = 'vitrine-controller'

/** A CronJob's name is at most this long, since its Jobs add a suffix of 11 characters. */
export const maxNameLength = 52

/** The longest value of an annotation that asks for something; it is echoed in the status. */
export const maxRequestLength = 253

/** Annotation on the CustomResourceDefinition: the release that it came with. */
export const crdVersionAnnotation = `${group}/release`
