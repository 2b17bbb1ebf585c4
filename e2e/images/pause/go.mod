module kafkapipelines.io/e2e/images/pause

go 1.26
