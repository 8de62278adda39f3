# What a model claims beside what a probe read in it before, from the Parquet files of
#
#   lab batch scenarios/social/bluff_align.study.yaml
#   lab align bluff-align --variable type --behavior claim
#   lab export bluff-align --format parquet -o bluff-align
#   Rscript scenarios/social/bluff_align.R bluff-align
#
# Needs R >= 4.1 and nanoparquet (or arrow). Without either it reads the same tables as --format csv wrote them.

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: Rscript bluff_align.R FOLDER, a folder that `lab export` wrote")

table_of <- function(name) {
  parquet <- file.path(folder, paste0(name, ".parquet"))
  csv <- file.path(folder, paste0(name, ".csv"))
  if (file.exists(parquet) && requireNamespace("nanoparquet", quietly = TRUE)) {
    return(as.data.frame(nanoparquet::read_parquet(parquet)))
  }
  if (file.exists(parquet) && requireNamespace("arrow", quietly = TRUE)) {
    return(as.data.frame(arrow::read_parquet(parquet)))
  }
  if (file.exists(csv)) return(read.csv(csv, stringsAsFactors = FALSE))
  stop(sprintf("%s holds no table '%s' that this R can read; install.packages(\"nanoparquet\")", folder, name))
}

# One row for each decision: the strongest reader of `type`, its held-out score, and what was claimed.
alignment <- table_of("alignment")
scored <- subset(alignment, variable == "type" & !is.na(score) & oof == 1 & reader == "logistic")
scored <- subset(scored, layer == max(layer))
hand <- subset(table_of("hidden"), name == "strong")[c("run", "seq", "value")]
scored <- merge(scored, hand, by = c("run", "seq"))
scored$bluff <- scored$action == "strong"
weak <- subset(scored, value == "false")

# The unit is the seed: decisions of a seed share their type, so intervals resample seeds and nothing smaller.
by_seed <- split(seq_len(nrow(weak)), weak$seed)
resampled <- function(statistic, times = 1000) {
  set.seed(2026)
  values <- replicate(times, {
    rows <- unlist(by_seed[sample(length(by_seed), replace = TRUE)])
    statistic(weak[rows, ])
  })
  quantile(values, c(0.025, 0.975), na.rm = TRUE)
}

bluffs <- function(rows, high) mean(rows$bluff[(rows$score > 0) == high])
cat(sprintf("%d weak hands of %d seeds, layer %d\n", nrow(weak), length(by_seed), weak$layer[1]))
for (high in c(FALSE, TRUE)) {
  ends <- resampled(function(rows) bluffs(rows, high))
  cat(sprintf(
    "read as %-8s bluffs %.2f [%.2f, %.2f]\n",
    if (high) "bluffer:" else "honest:", bluffs(weak, high), ends[1], ends[2]
  ))
}
gap <- resampled(function(rows) bluffs(rows, TRUE) - bluffs(rows, FALSE))
cat(sprintf("difference %.2f [%.2f, %.2f]; association, not cause\n",
            bluffs(weak, TRUE) - bluffs(weak, FALSE), gap[1], gap[2]))
