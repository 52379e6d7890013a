/** Seconds as people say them: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `24 h`. */
export function renderDuration(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  const hours = `${Math.floor(minutes / 60)} h`
  return minutes % 60 === 0 ? hours : `${hours} ${minutes % 60} min`
}

/**
 * Seconds from due to done, which may be days: `42 s`, `24 h`, `16 d 5 h`. A negative lag comes from a difference between
 * clocks, and is shown as it is.
 */
export function renderLag(seconds: number): string {
  if (seconds < 0) return `-${renderLag(-seconds)}`
  const hours = Math.round(seconds / 3600)
  return hours < 48 ? renderDuration(seconds) : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How long ago something was, in the largest unit that fits: `12 s`, `3 min`, `5 h`, `12 days`. */
export function renderAge(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
