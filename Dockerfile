# For people who don't run Debian: the handbook and its lab in a container.
#
#     docker build -t outage-handbook .
#     docker run --rm -it -v "$PWD:/handbook" outage-handbook make html
#
# It holds the packages of apt.txt and Python's from requirements.txt; the handbook itself is mounted over the copy.
# The volume keeps the image's .venv in front of the one that the mounted folder may have.
# A test runs these steps as a script, so keep them plain: COPY, RUN, ENV, WORKDIR, VOLUME, CMD.
FROM debian:12
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /handbook
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends ca-certificates make python3 python3-venv
COPY . /handbook
RUN make packages venv
VOLUME /handbook/.venv
CMD ["make", "html"]
