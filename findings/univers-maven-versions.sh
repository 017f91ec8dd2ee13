#!/usr/bin/env bash
# Expected: univers orders Maven versions as Maven does, and reads Maven's most usual requirement.
# Seen: 1.0-RELEASE is newer than 1.0 to univers and equal to Maven 3.9.9 (as are -ga and .Final,
# which univers knows); 2.0.0.Alpha1 is newer than 2.0.0-alpha-1 to univers and equal to Maven.
# The plain requirement "1.0" (anything, 1.0 preferred) becomes the range vers:maven/None, which is
# written and read back without an error and holds no version at all, not even 1.0.
# Matters: "fixed in 1.0" is missed for x-RELEASE versions (Spring's, for years), and a range of None
# is an empty answer that looks like "not affected".
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q univers==32.0.1
cat > pom.xml <<'E'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.maven</groupId><artifactId>maven-artifact</artifactId><version>3.9.9</version>
  </dependency></dependencies>
</project>
E
mvn -q -B dependency:copy-dependencies -DoutputDirectory="$dir/lib"
echo 'univers 32.0.1, maven-artifact 3.9.9'

echo 'guess: both equal to both, and "1.0" admits 1.0'
maven=$(java -cp 'lib/*' org.apache.maven.artifact.versioning.ComparableVersion 1.0 1.0-RELEASE 2.0.0-alpha-1 2.0.0.Alpha1 | grep -E '== |< |> ')
univers=$(venv/bin/python - <<'E'
from univers.version_range import MavenVersionRange, VersionRange
from univers.versions import MavenVersion as V
for a, b in ("1.0", "1.0-RELEASE"), ("2.0.0-alpha-1", "2.0.0.Alpha1"):
    print(a, "==" if V(a) == V(b) else "<" if V(a) < V(b) else ">", b)
requirement = VersionRange.from_string(str(MavenVersionRange.from_native("1.0")))
print(requirement, V("1.0") in requirement)
E
)
printf 'seen:  Maven:\n%s\nunivers:\n%s\n' "$maven" "$univers"
grep -qx ' *1.0 == 1.0-RELEASE' <<<"$maven"
grep -qx ' *2.0.0-alpha-1 == 2.0.0.Alpha1' <<<"$maven"
test "$univers" = '1.0 < 1.0-RELEASE
2.0.0-alpha-1 < 2.0.0.Alpha1
vers:maven/None False'
