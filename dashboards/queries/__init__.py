"""Every InfluxQL text the dashboards ask, a module for each page; ``parts`` is what they are put together from.

What is read: the bucket ``care_places`` only (facilities, counts of communities, the hub itself). The bucket of homes is never
named here: home id + time is personal data, and a Grafana viewer may query whatever its source can read.

Stored schema: measurement = metric; tags ``device``, ``place``; field ``value`` (float). What each measurement means, and
when it is written, is in docs/stored.md. A count of 1 to 4 homes or alerts has no point at all, so a sum over communities
is a sum of what is shown, and each panel says so.

InfluxQL because InfluxDB 1.x, 2.x and 3.x all answer it; what only some of them know is not used (``SLIMIT``, ``INTO``,
``fill()`` inside a subquery, several sources in one ``FROM``, cardinality queries).
"""
