module example.org/old

require (
	github.com/google/uuid v1.6.0
	golang.org/x/text v0.3.8-0.20211004125949-5bd84dd9b33b // indirect
)
