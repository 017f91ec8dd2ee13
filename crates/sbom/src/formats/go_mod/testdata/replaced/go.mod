module example.org/app

go 1.22

require (
	example.org/own v0.0.0
	github.com/google/uuid v1.6.0
	golang.org/x/text v0.14.0
	gopkg.in/yaml.v3 v3.0.1
)

replace example.org/own => ../own

replace golang.org/x/text v0.14.0 => golang.org/x/text v0.15.0

exclude github.com/google/uuid v1.5.0
