#!/usr/bin/env Rscript
# R's part of make_statistics_fixtures.py: reads groups of observations as JSON, and writes curves, restricted means and
# medians (survival), exact permutation tests (coin) and Holm's adjusted p.
suppressPackageStartupMessages({
  library(survival)
  library(coin)
  library(jsonlite)
})

asked <- fromJSON(file("stdin"), simplifyVector = TRUE)

curve_of <- function(group) survfit(Surv(group$times, as.numeric(group$events)) ~ 1)

describe <- function(group) {
  fit <- curve_of(group)
  events <- fit$n.event > 0
  table <- summary(fit, rmean = group$horizon)$table
  median <- unname(table["median"])
  # survfit() gives the error of log S.
  variance <- ifelse(fit$surv > 0, (fit$std.err * fit$surv)^2, 0)
  list(
    steps = list(
      time = I(fit$time[events]), at_risk = I(fit$n.risk[events]), events = I(fit$n.event[events]),
      survival = I(fit$surv[events]), variance = I(variance[events])
    ),
    mean = unname(table["rmean"]), standard_error = unname(table["se(rmean)"]),
    median = if (is.na(median)) NULL else median
  )
}

# P(first before second) + P(tie) / 2, by the steps of both curves; beyond the horizon all tie.
superiority <- function(pair) {
  fits <- lapply(list(pair$first, pair$second), curve_of)
  before <- function(fit, t) min(c(1, fit$surv[fit$time < t]))
  after <- function(fit, t) min(c(1, fit$surv[fit$time <= t]))
  times <- fits[[1]]$time[fits[[1]]$n.event > 0 & fits[[1]]$time <= pair$horizon]
  parts <- vapply(times, function(t) {
    (before(fits[[1]], t) - after(fits[[1]], t)) * (before(fits[[2]], t) + after(fits[[2]], t)) / 2
  }, 0)
  sum(parts) + after(fits[[1]], pair$horizon) * after(fits[[2]], pair$horizon) / 2
}

# Where groups are of equal size and nothing is censored before the horizon, |log(mean / mean)| orders the
# arrangements as the difference of the means does, which coin tests.
exact_p <- function(pair) {
  groups <- list(pair$first, pair$second)
  cut_early <- any(vapply(groups, function(g) any(!g$events & g$times < pair$horizon), TRUE))
  if (cut_early || length(groups[[1]]$times) != length(groups[[2]]$times)) {
    return(NULL)
  }
  data <- data.frame(
    time = pmin(c(groups[[1]]$times, groups[[2]]$times), pair$horizon),
    group = factor(rep(1:2, each = length(groups[[1]]$times)))
  )
  as.numeric(pvalue(oneway_test(time ~ group, data = data, distribution = "exact")))
}

answer <- list(
  groups = lapply(asked$groups, describe),
  pairs = lapply(asked$pairs, function(pair) list(superiority = superiority(pair), coin_p = exact_p(pair))),
  holm = lapply(asked$p_values, function(p) I(p.adjust(p, method = "holm")))
)
cat(toJSON(answer, auto_unbox = TRUE, digits = NA, null = "null"))
