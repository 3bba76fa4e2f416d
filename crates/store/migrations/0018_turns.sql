-- Run units are made when their turn comes; how many are still to come is known from the jobs that run.
CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';
