"""Pages of 结对, by what people do there."""
